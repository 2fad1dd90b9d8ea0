/** What a request is about. */
export interface Path {
  readonly zone: string | undefined;
  readonly records: boolean;
  readonly name: string | undefined;
  readonly type: string | undefined;
}

/** `/v5/livedns/domains[/ZONE[/records[/NAME[/TYPE]]]]`; names in lower, types in upper case. */
export function parsePath(pathname: string): Path | undefined {
  const match = /^\/v5\/livedns\/domains(?:\/([^/]+)(\/records(?:\/([^/]+)(?:\/([^/]+))?)?)?)?$/.exec(pathname);
  if (match === null) return undefined;
  const [, zone, records, name, type] = match.map((part: string | undefined) => decode(part));
  return {
    zone: zone?.toLowerCase(),
    records: records !== undefined,
    name: name?.toLowerCase(),
    type: type?.toUpperCase(),
  };
}

/** Whether a request replaces or wipes a whole zone: no client of single records should ever send it. */
export function isZoneWide(method: string, pathname: string): boolean {
  const path = parsePath(pathname);
  return path?.records === true && path.name === undefined && (method === "PUT" || method === "DELETE");
}

function decode(part: string | undefined): string | undefined {
  try {
    return part === undefined ? undefined : decodeURIComponent(part);
  } catch {
    return part;
  }
}
