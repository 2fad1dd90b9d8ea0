import * as z from "zod";

/** The types that are read. Only addresses are written. */
export type RrsetType = "A" | "AAAA" | "CNAME";

/** All records of one name and type. */
export interface Rrset {
  type: RrsetType;
  /** Seconds. */
  ttl: number;
  values: string[];
}

/** `GET /domains/{fqdn}/records/{name}/{type}`. The answer has more keys (rrset_href). */
const rrsetAnswer = z.object({
  rrset_name: z.string(),
  rrset_type: z.string(),
  rrset_ttl: z.int().min(0),
  rrset_values: z.array(z.string()).min(1).max(1000),
});

/** Returns the body of a PUT. Without rrset_ttl Gandi would use 10800. */
export function rrsetBody({ values, ttl }: Rrset): string {
  return JSON.stringify({ rrset_values: values, rrset_ttl: ttl });
}

/** Returns the rrset of an answer's body. Undefined if the body has another form or is about another rrset. */
export function parseRrset(text: string, name: string, type: RrsetType): Rrset | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { data } = rrsetAnswer.safeParse(json);
  if (data?.rrset_type !== type || data.rrset_name.toLowerCase() !== name.toLowerCase()) return undefined;
  return { type, ttl: data.rrset_ttl, values: data.rrset_values };
}
