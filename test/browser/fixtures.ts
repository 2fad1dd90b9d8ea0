/** What the page is shown with: everything well, and each of the states in which somebody needs it. */
import type { Condition } from "../../operator/src/api/index.ts";
import type { Snapshot } from "../../operator/src/status/snapshot.ts";
import { observation, record, snapshot, surroundings } from "../../operator/src/status/testing.ts";

const AGREEING = [
  "Google:198.51.100.20",
  "Cloudflare:198.51.100.20",
  "Nextcloud:198.51.100.20",
  "!ipify:198.51.100.20",
  "!Amazon:198.51.100.20",
  "!ifconfig.me:198.51.100.20",
].join(" ");

const condition = (type: string, status: Condition["status"], reason: string, message: string): Condition => ({
  type,
  status,
  reason,
  message,
  lastTransitionTime: "2026-03-01T11:48:00Z",
});

/** The WanAddress with some conditions replaced, and status fields. */
function wan(conditions: readonly Condition[], status: object = {}): NonNullable<Snapshot["wan"]> {
  const { wan: usual } = snapshot();
  if (usual === undefined) throw new Error("the fixture has a WanAddress");
  const kept = (usual.status?.conditions ?? []).filter(({ type }) => !conditions.some((one) => one.type === type));
  return { ...usual, status: { ...usual.status, ...status, conditions: [...kept, ...conditions] } };
}

const well: Partial<Snapshot> = {
  namespace: "esddns-production",
  observations: [observation("node1", AGREEING), observation("node2", AGREEING)],
  records: [record("home"), record("www")],
  surroundings: surroundings({ pools: { known: true, value: [{ name: "esddns-pool", assigned: 2, available: 9 }] } }),
  gandiTokenExpires: "2027-02-01",
};

export const fixtures = {
  well: snapshot(well),
  disputed: snapshot({
    ...well,
    wan: wan([
      condition(
        "Agreed",
        "False",
        "Disputed",
        "IPv4: the organisations name 198.51.100.20 and 203.0.113.66; the last good address is kept.",
      ),
    ]),
    observations: [
      observation("node1", `${AGREEING} Evil:203.0.113.66 !Proxy:203.0.113.66`),
      observation("node2", `${AGREEING} Evil:203.0.113.66`),
    ],
  }),
  "no-address": snapshot({
    ...well,
    wan: {
      ...wan([]),
      status: {
        conditions: [
          condition("Ready", "False", "AddressUnknown", "No WAN address is known yet for IPv4, which a record needs."),
          condition("Agreed", "False", "NoAnswer", "IPv4: no source has answered."),
        ],
      },
    },
    observations: [],
    records: [{ ...record("home", "False", "Waits until an IPv4 address is known."), status: {} }],
    surroundings: surroundings({ addresses: { known: true, value: [] }, announcedBy: { known: true, value: [] } }),
    gandiTokenExpires: undefined,
  }),
  "expired-token": snapshot({
    ...well,
    gandiTokenExpires: "2026-02-20",
    records: [
      record("home", "False", "Gandi does not accept the token. Create a new one, store it and run pulumi up."),
      record("www", "False", "Gandi does not accept the token. Create a new one, store it and run pulumi up."),
    ],
  }),
  "multiple-egress": snapshot({
    ...well,
    wan: wan([
      condition(
        "Agreed",
        "False",
        "NodesDiffer",
        "IPv4: the nodes leave by different addresses; the last good one is kept.",
      ),
      condition(
        "MultipleEgress",
        "True",
        "NodesDiffer",
        "IPv4: node1 leaves by 198.51.100.20, node2 by 203.0.113.9. Choose in detection.multiWan.",
      ),
    ]),
    observations: [
      observation("node1", AGREEING),
      observation("node2", AGREEING.replaceAll("198.51.100.20", "203.0.113.9")),
    ],
  }),
} satisfies Record<string, Snapshot>;

export type FixtureName = keyof typeof fixtures;
export const fixtureNames = Object.keys(fixtures) as FixtureName[];

/** A phone and a desktop, CSS pixels. */
export const widths = [390, 1280] as const;
export const schemes = ["light", "dark"] as const;
