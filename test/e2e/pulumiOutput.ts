/** What the Pulumi CLI printed, reduced to what must be the same on every machine. */

export interface Section {
  /** `Previewing update`, `Updating`, … */
  readonly title: string;
  /** The lines below `Resources:`. */
  readonly resources: readonly string[];
  /** The lines below `Outputs:`, addresses and random suffixes replaced. None of a refresh: see `sectionsOf`. */
  readonly outputs: readonly string[];
}

const titles = /^(Previewing update|Previewing refresh|Previewing destroy|Updating|Refreshing|Destroying) \(/;

/**
 * Each part of an operation with its summary. On a busy machine the CLI at times leaves out the outputs after a refresh
 * (which it did not change), so they are not compared there.
 */
export function sectionsOf(text: string): Section[] {
  return split(text).map(({ title, lines }) => ({
    title,
    resources: withoutRaces(below(lines, "Resources:")),
    outputs: title === "Refreshing" ? [] : below(lines, "Outputs:").map(normalize),
  }));
}

/** `SECTION TYPE NAME` → what was done to it in the end, such as `created` or `creating failed`. */
export function changesOf(text: string): Record<string, string> {
  const changes: Record<string, string> = {};
  for (const { title, lines } of split(text)) {
    for (const line of lines) {
      const match = /^ (?:\+|~|-|\+\+|\+-|--) +(kubernetes:\S+ \S+) (.*)$/.exec(line);
      const [, resource, rest = ""] = match ?? [];
      const what = /^(?:\*\*)?(creating failed|create|update|delete|created|updated|deleted|replaced)\b/.exec(
        rest,
      )?.[1];
      if (resource !== undefined && what !== undefined) changes[`${title} ${resource}`] = what;
    }
  }
  return changes;
}

/** The error texts among the diagnostics, without the program's stack traces. */
export function errorsOf(text: string): string[] {
  const errors = new Set<string>();
  for (const { lines } of split(text)) {
    for (const [i, line] of lines.entries()) {
      const found = /^ {4}error: (.*)$/.exec(line)?.[1];
      // Lines of the engine and of the SDK: they repeat that something failed.
      if (
        found === undefined ||
        /^(?:Running program|Error: resource .* failed to register|preview failed|update failed)/.test(found)
      )
        continue;
      const rest = lines.slice(i + 1);
      const end = rest.findIndex((next) => /^ {2}\S|^Outputs:|^Resources:| {4}(?:error|warning): |^$/.test(next));
      errors.add(
        normalize([found, ...rest.slice(0, end < 0 ? rest.length : end)].map((part) => part.trim()).join("\n")),
      );
    }
  }
  return [...errors].sort();
}

/** The resources of a `--diff` with the fields that change, sorted; without their ids. */
export function blocksOf(text: string): string[] {
  const blocks: string[] = [];
  let block: string[] | undefined;
  for (const line of text.split("\n")) {
    if (/^ {4}\S+ kubernetes:\S+: \(/.test(line)) {
      block = [];
      blocks.push("");
    } else if (!/^ {6,}/.test(line)) block = undefined;
    if (block === undefined || /\[provider=/.test(line)) continue;
    block.push(line.trimEnd());
    blocks[blocks.length - 1] = block.join("\n");
  }
  return blocks.sort();
}

/** How many resources were found unchanged before an error ended the run is a matter of timing. */
function withoutRaces(resources: string[]): string[] {
  const failed = resources.some((line) => line.endsWith(" errored"));
  return failed ? resources.filter((line) => !line.endsWith(" unchanged")) : resources;
}

function split(text: string): { title: string; lines: string[] }[] {
  const sections: { title: string; lines: string[] }[] = [];
  for (const line of text.split("\n")) {
    const title = titles.exec(line)?.[1];
    if (title !== undefined) sections.push({ title, lines: [] });
    else sections.at(-1)?.lines.push(line);
  }
  return sections;
}

/** The indented lines after a heading. */
function below(lines: readonly string[], heading: string): string[] {
  const from = lines.indexOf(heading);
  if (from < 0) return [];
  const rest = lines.slice(from + 1);
  const end = rest.findIndex((line) => !line.startsWith("  "));
  return rest.slice(0, end < 0 ? rest.length : end).map((line) => line.trimEnd());
}

function normalize(line: string): string {
  return line
    .replace(/192\.168\.\d+\.\d+/g, "<LAN address>")
    .replace(/\bauto-[0-9a-f]{8}\b/g, "auto-<hex>")
    .replace(/\bpulumi-kubernetes-[0-9a-f]{8}\b/g, "pulumi-kubernetes-<hex>");
}
