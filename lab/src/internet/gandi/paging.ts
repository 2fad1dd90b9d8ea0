import { invalid, json, type ApiAnswer } from "./answers.ts";

const DEFAULT_PER_PAGE = 100;

/**
 * One page of a collection, as `page` (from 1) and `per_page` ask for it. `Total-Count` counts all items;
 * `Link` names the next page where there is one.
 * @param url absolute, of the collection
 */
export function page(url: URL, items: readonly unknown[]): ApiAnswer {
  const number = positive(url.searchParams.get("page"), 1);
  const size = positive(url.searchParams.get("per_page"), DEFAULT_PER_PAGE);
  if (number === undefined || size === undefined) {
    return invalid([{ location: "path", name: "page, per_page", description: "must be numbers from 1 on" }]);
  }
  const end = number * size;
  const headers: Record<string, string> = { "Total-Count": String(items.length) };
  if (end < items.length) {
    const next = new URL(url);
    next.searchParams.set("page", String(number + 1));
    next.searchParams.set("per_page", String(size));
    headers["Link"] = `<${next.href}>; rel="next"`;
  }
  return json(200, items.slice(end - size, end), headers);
}

function positive(text: string | null, fallback: number): number | undefined {
  if (text === null) return fallback;
  return /^[1-9]\d{0,5}$/.test(text) ? Number(text) : undefined;
}
