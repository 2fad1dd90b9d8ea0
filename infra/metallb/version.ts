/** What differs between versions of MetalLB. */

/** Since 0.14.9 the annotations begin with metallb.io/; older ones ignore those without a word. */
const NEW_PREFIX_SINCE = [0, 14, 9] as const;

/** What the annotations of a Service begin with. `version`: MAJOR.MINOR.PATCH; undefined: taken for a recent one. */
export function annotationPrefix(version: string | undefined): "metallb.io" | "metallb.universe.tf" {
  const parts = version?.split("-")[0]?.split(".").map(Number) ?? NEW_PREFIX_SINCE;
  for (const [i, since] of NEW_PREFIX_SINCE.entries()) {
    const part = parts[i] ?? 0;
    if (part !== since) return part > since ? "metallb.io" : "metallb.universe.tf";
  }
  return "metallb.io";
}

export function readsOlderAnnotations(version: string | undefined): boolean {
  return annotationPrefix(version) === "metallb.universe.tf";
}

/** The version that an image's tag or a label tells: `v0.14.5` is 0.14.5; undefined where it tells none. */
export function versionOf(text: string): string | undefined {
  return /(?:^|:)v?(\d+\.\d+\.\d+)(?:[-+@]|$)/.exec(text)?.[1];
}
