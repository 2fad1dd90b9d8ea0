import * as answers from "./answers.ts";
import type { ApiAnswer } from "./answers.ts";
import { authenticate } from "./auth.ts";
import { page } from "./paging.ts";
import { parsePath } from "./path.ts";
import { parseRrset, type FieldError, type Rrset } from "./rrset.ts";
import type { RrsetChange, ZoneStore } from "./zoneStore.ts";

/** What every address in an answer begins with, whatever name the client came by. */
const ORIGIN = "https://api.gandi.net";

export interface ApiRequest {
  readonly method: string;
  /** Path and query, as in the request line. */
  readonly target: string;
  readonly authorization?: string | undefined;
  readonly body: string;
}

export interface Account {
  readonly token: string;
  readonly store: ZoneStore;
}

/** Answers one request as LiveDNS v5 does. Rejects only when the zone store does. */
export async function answerApi(request: ApiRequest, account: Account): Promise<ApiAnswer> {
  const url = new URL(request.target, ORIGIN);
  if (url.pathname === "/") return answers.text(200, INTRODUCTION);
  const credentials = authenticate(request.authorization, account.token);
  if (credentials.scheme === "none") return answers.credentialsMissing();
  if (!credentials.granted) return answers.unauthorized();

  const path = parsePath(url.pathname);
  if (path === undefined) return answers.resourceNotFound();
  const { zone, records, name, type } = path;
  if (zone === undefined) {
    return onlyGet(request, () => page(url, account.store.zones.map(domainSummary)));
  }
  if (!account.store.zones.includes(zone)) return answers.zoneNotFound();
  if (!records)
    return onlyGet(request, () => answers.json(200, { ...domainSummary(zone), automatic_snapshots: false }));

  const rrsets = (await account.store.read(zone)).filter(isEditable);
  const answer = judge({ request, url, zone, rrsets, name, type });
  if (!("changes" in answer)) return answer;
  await account.store.apply(zone, answer.changes);
  return answer.answer;
}

const INTRODUCTION = `This is no Gandi: it is the stand-in for Gandi's LiveDNS API of the ESDDNS lab.
It serves /v5/livedns for the lab's own zones only.
`;

/** What to answer, and what to write before. */
type Verdict = ApiAnswer | { readonly changes: readonly RrsetChange[]; readonly answer: ApiAnswer };

interface RecordsRequest {
  readonly request: ApiRequest;
  readonly url: URL;
  readonly zone: string;
  /** What the zone holds now. */
  readonly rrsets: readonly Rrset[];
  readonly name: string | undefined;
  readonly type: string | undefined;
}

function judge(context: RecordsRequest): Verdict {
  const { request, url, zone, rrsets, name, type } = context;
  const ofName = rrsets.filter((rrset) => rrset.name === name);
  if (name === undefined) return judgeZone(context);
  if (type === undefined) {
    return onlyGet(request, () =>
      page(
        url,
        ofName.map((rrset) => renderRrset(zone, rrset)),
      ),
    );
  }
  const current = ofName.find((rrset) => rrset.type === type);
  switch (request.method) {
    case "GET":
      return current ? answers.json(200, renderRrset(zone, current)) : answers.rrsetNotFound(name, type);
    case "DELETE":
      if (!current) return answers.rrsetNotFound(name, type);
      return { changes: [{ kind: "delete", name, type }], answer: answers.noContent() };
    case "PUT":
      return judgeWrite(zone, ofName, parseRrset(zone, name, type, parseJson(request.body)));
    case "POST":
      if (current) return answers.conflict(`A DNS record ${name}/${type} already exists in the zone`);
      return judgeWrite(zone, ofName, parseRrset(zone, name, type, parseJson(request.body)));
    default:
      return answers.methodNotAllowed();
  }
}

function judgeWrite(zone: string, ofName: readonly Rrset[], rrset: Rrset | FieldError[]): Verdict {
  if (Array.isArray(rrset)) return answers.invalid(rrset);
  const others = ofName.filter((other) => other.type !== rrset.type);
  // RFC 1034 3.6.2: where a CNAME stands, nothing else may.
  if (others.some((other) => rrset.type === "CNAME" || other.type === "CNAME")) {
    const types = others.map((other) => other.type).join(", ");
    return answers.conflict(`${rrset.type} cannot stand at ${rrset.name}.${zone} beside ${types}`);
  }
  return { changes: [{ kind: "set", rrset }], answer: answers.created() };
}

function judgeZone({ request, url, zone, rrsets }: RecordsRequest): Verdict {
  if (request.method === "GET") {
    return page(
      url,
      rrsets.map((rrset) => renderRrset(zone, rrset)),
    );
  }
  const wipe = rrsets.map(({ name, type }): RrsetChange => ({ kind: "delete", name, type }));
  if (request.method === "DELETE") return { changes: wipe, answer: answers.noContent() };
  if (request.method !== "PUT") return answers.methodNotAllowed();

  const parsed = parseItems(zone, parseJson(request.body));
  const errors = parsed.filter((item) => Array.isArray(item)).flat();
  if (errors.length > 0) return answers.invalid(errors);
  const sets = parsed.flatMap((item): RrsetChange[] => (Array.isArray(item) ? [] : [{ kind: "set", rrset: item }]));
  return { changes: [...wipe, ...sets], answer: answers.created() };
}

function parseItems(zone: string, body: unknown): (Rrset | FieldError[])[] {
  const items = field(body, "items");
  if (!Array.isArray(items)) return [[{ location: "body", name: "items", description: "Required" }]];
  return items.map((item: unknown) => {
    const [name, type] = [field(item, "rrset_name"), field(item, "rrset_type")];
    if (typeof name === "string" && typeof type === "string") {
      return parseRrset(zone, name.toLowerCase(), type.toUpperCase(), item);
    }
    return [{ location: "body", name: "items", description: "rrset_name and rrset_type are required" }];
  });
}

function onlyGet(request: ApiRequest, answer: () => ApiAnswer): ApiAnswer {
  return request.method === "GET" ? answer() : answers.methodNotAllowed();
}

/** Gandi keeps the SOA and the apex's name servers to itself. */
function isEditable({ name, type }: Rrset): boolean {
  return type !== "SOA" && !(type === "NS" && name === "@");
}

function domainSummary(zone: string): Record<string, string> {
  const href = `${ORIGIN}/v5/livedns/domains/${zone}`;
  return { fqdn: zone, domain_href: href, domain_records_href: `${href}/records` };
}

function renderRrset(zone: string, { name, type, ttl, values }: Rrset): Record<string, unknown> {
  const href = `${ORIGIN}/v5/livedns/domains/${zone}/records/${encodeURIComponent(name)}/${type}`;
  return { rrset_name: name, rrset_type: type, rrset_ttl: ttl, rrset_values: values, rrset_href: href };
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function field(body: unknown, name: string): unknown {
  return typeof body === "object" && body !== null ? (body as Record<string, unknown>)[name] : undefined;
}
