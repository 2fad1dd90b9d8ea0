export interface Credentials {
  /** `Bearer` carries a personal access token, `Apikey` the older key. */
  readonly scheme: "Bearer" | "Apikey" | "other" | "none";
  readonly granted: boolean;
}

/** Judges an Authorization header. The one token of the lab's account is good under both schemes. */
export function authenticate(authorization: string | undefined, token: string): Credentials {
  if (authorization === undefined || authorization === "") return { scheme: "none", granted: false };
  const match = /^(Bearer|Apikey) +(\S+)$/i.exec(authorization.trim());
  if (match === null) return { scheme: "other", granted: false };
  const scheme = match[1]?.toLowerCase() === "bearer" ? "Bearer" : "Apikey";
  return { scheme, granted: match[2] === token };
}
