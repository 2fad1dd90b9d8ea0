/** The differences between versions of MetalLB. */

/** Since 0.14.9 the annotations begin with metallb.io/. Older versions silently ignore those. */
const NEW_PREFIX_SINCE = [0, 14, 9] as const;

/**
 * Returns the prefix of a Service's annotations. `version` is MAJOR.MINOR.PATCH; if undefined, a recent one is assumed.
 */
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

/** Returns the version in the tag of an image or in a label: `v0.14.5` is 0.14.5. Undefined if it contains none. */
export function versionOf(text: string): string | undefined {
  return /(?:^|:)v?(\d+\.\d+\.\d+)(?:[-+@]|$)/.exec(text)?.[1];
}
