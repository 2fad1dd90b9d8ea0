import type { Unread } from "@esddns/common/cluster";

/** The result of a check. `unknown`: it could not be checked, and the text says why. */
export interface DoctorFinding {
  readonly state: "ok" | "wrong" | "warn" | "unknown";
  readonly saw: string;
  /** Empty if there is nothing to do. */
  readonly todo: string;
}

export const ok = (saw: string): DoctorFinding => ({ state: "ok", saw, todo: "" });
export const wrong = (saw: string, todo: string): DoctorFinding => ({ state: "wrong", saw, todo });
export const warn = (saw: string, todo: string): DoctorFinding => ({ state: "warn", saw, todo });
export const unknown = (saw: string, todo = ""): DoctorFinding => ({ state: "unknown", saw, todo });
/** A fact that could not be read is neither right nor wrong. */
export const unread = ({ why }: Unread): DoctorFinding => unknown(why);
