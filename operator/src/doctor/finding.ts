import type { Unread } from "@esddns/common/cluster";

/** What a check found. `unknown`: it could not be looked at; the text says why. */
export interface DoctorFinding {
  readonly state: "ok" | "wrong" | "warn" | "unknown";
  readonly saw: string;
  /** Empty where nothing is to be done. */
  readonly todo: string;
}

export const ok = (saw: string): DoctorFinding => ({ state: "ok", saw, todo: "" });
export const wrong = (saw: string, todo: string): DoctorFinding => ({ state: "wrong", saw, todo });
export const warn = (saw: string, todo: string): DoctorFinding => ({ state: "warn", saw, todo });
export const unknown = (saw: string, todo = ""): DoctorFinding => ({ state: "unknown", saw, todo });
/** What could not be read is neither right nor wrong. */
export const unread = ({ why }: Unread): DoctorFinding => unknown(why);
