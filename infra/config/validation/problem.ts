/** A place in the stack config: `["pools", 0, "addresses", 1]`. */
export type KeyPath = readonly (string | number)[];

/** One thing that is wrong in the stack config. */
export interface Problem {
  readonly path: KeyPath;
  /** What is wrong, as the end of a sentence that begins with the key. */
  readonly wrong: string;
  /** What would be right, as a sentence. */
  readonly right: string;
}

/** What a check of a single value finds wrong with it. Such a check knows no path. */
export type ValueProblem = Omit<Problem, "path">;

/** `esddns:pools[0].addresses[1]`, as people write it to `pulumi config set --path`. */
export function formatPath(path: KeyPath): string {
  return (
    "esddns:" + path.map((part, i) => (typeof part === "number" ? `[${part}]` : i === 0 ? part : `.${part}`)).join("")
  );
}

export function formatProblem(problem: Problem): string {
  return `${formatPath(problem.path)}: ${problem.wrong}. ${problem.right}`;
}

/** Quotes a value for a message: short, on one line, without invisible characters. */
export function quote(value: unknown): string {
  // JSON.stringify returns undefined for undefined and functions, against its type, and null for NaN.
  const json =
    typeof value === "number" || typeof value === "bigint" ? undefined : (JSON.stringify(value) as string | undefined);
  const text = (json ?? String(value)).replace(UNSEEN, (sign) => `\\u{${sign.codePointAt(0)?.toString(16) ?? ""}}`);
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}

/** Every white space except the usual one, and characters without width or that change the direction of the text. */
const UNSEEN = /[[\p{C}\p{Z}]--[ ]]/gv;

/** Returns ` Did you mean "x"?` if a candidate differs by a typing mistake only, else an empty text. */
export function didYouMean(written: string, candidates: Iterable<string>): string {
  if (written === "") return "";
  const known = [...candidates];
  const begun = known.find(
    (candidate) => written.length >= 3 && candidate.toLowerCase().startsWith(written.toLowerCase()),
  );
  let best: { candidate: string; distance: number } | undefined;
  for (const candidate of known) {
    const distance = editDistance(written.toLowerCase(), candidate.toLowerCase());
    if (best === undefined || distance < best.distance) best = { candidate, distance };
  }
  if (begun !== undefined && (best?.distance ?? 0) > 2) return ` Did you mean ${quote(begun)}?`;
  const tolerance = written.length < 4 ? 1 : Math.max(2, Math.floor(written.length / 3));
  return best !== undefined && best.distance <= tolerance ? ` Did you mean ${quote(best.candidate)}?` : "";
}

/** Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours count one each. */
function editDistance(a: string, b: string): number {
  // Longer than any key: not a typing mistake, and not worth quadratic time.
  if (a.length > 64 || b.length > 64) return Infinity;
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  const at = (i: number, j: number): number => rows[i]?.[j] ?? Infinity;
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    rows.push(row);
    for (let j = 1; j <= b.length; j++) {
      const substitution = at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? at(i - 2, j - 2) + 1 : Infinity;
      row.push(Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, substitution, swap));
    }
  }
  return at(a.length, b.length);
}
