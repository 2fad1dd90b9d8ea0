/** Sequences of changes by people and by the line. Every way of playing a sequence must have the same end state. */
import type { DetectionSpec } from "@esddns/common/api";
import type { World } from "../testing.ts";

type Step = (world: World) => void;

export interface Workload {
  readonly name: string;
  readonly wan?: Partial<DetectionSpec>;
  readonly before?: Step;
  readonly steps: readonly Step[];
  /** The first step that tests may disturb. A disturbed earlier step would be a different workload; see its comment. */
  readonly killFromStep?: number;
  /** The first step that may be hidden until the next one, if not the first. */
  readonly hideFromStep?: number;
}

const A = "203.0.113.20";
const B = "203.0.113.77";
const C = "203.0.113.78";
const STRANGER = "192.0.2.5";

const v4 = (address: string): string => `Google:${address} !ipify:${address}`;
const line =
  (address: string): Step =>
  (world) => {
    world.observe("node1", v4(address));
  };
const both =
  (address: string, prefix: string): Step =>
  (world) => {
    world.observe("node1", `${v4(address)} ${v4(`${prefix}::5`)}`);
  };
const add =
  (name: string, spec: Record<string, unknown> = {}): Step =>
  (world) => {
    world.addRecord(name, spec);
  };
const change =
  (name: string, spec: Record<string, unknown>): Step =>
  (world) => {
    world.changeRecord(name, { spec });
  };
const remove =
  (name: string): Step =>
  (world) => {
    // Without a finalizer the API server deletes an object at once.
    const { finalizers = [] } = world.api.objects.get(`/dnsrecords/${name}`)?.metadata ?? {};
    if (finalizers.length > 0) world.changeRecord(name, { deleted: true });
    else world.removeRecord(name);
  };
const edit =
  (name: string, address: string): Step =>
  (world) => {
    world.gandi.stand(name, "A", 600, address);
  };
const all =
  (...steps: readonly Step[]): Step =>
  (world) => {
    for (const step of steps) step(world);
  };

/** Loses every later answer of Gandi to a write, though the write is carried out. */
const loseAnswers: Step = ({ gandi }) => {
  gandi.lost = (call) => (call.startsWith("GET") ? undefined : { kind: "Timeout", message: "no answer" });
};
const breakDown: Step = ({ gandi }) => {
  gandi.fault = () => ({ kind: "ServerError", status: 503, message: "down" });
};
const mend: Step = ({ gandi }) => {
  [gandi.lost, gandi.fault] = [() => undefined, () => undefined];
};
const serve =
  (...addresses: readonly string[]): Step =>
  ({ api }) => {
    api.put("/services/web", {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "web", namespace: "home" },
      status: { loadBalancer: { ingress: addresses.map((ip) => ({ ip })) } },
    });
  };

/** Spec of a WanAddress with both families. */
const dual: Partial<DetectionSpec> = {
  families: ["IPv4", "IPv6"],
  allowNonGlobal: ["203.0.113.0/24", "2001:db8::/32"],
};

const DELETE = { deletionPolicy: "Delete" };
/** Allows no correction, so that a single false one shows. */
const STRICT = { driftLimit: 0 };

export const workloads: readonly Workload[] = [
  { name: "create", steps: [all(line(A), add("home")), line(B)] },
  { name: "conflictPolicy Refuse", steps: [all(line(A), add("home", { conflictPolicy: "Refuse" })), line(B)] },
  { name: "change twice", steps: [all(line(A), add("home")), line(B), line(C)] },
  { name: "change and back", steps: [all(line(A), add("home")), line(B), line(A)] },
  { name: "driftLimit 0", steps: [all(line(A), add("home", { driftLimit: 0 })), line(B), line(C)] },
  { name: "adopt", before: edit("home", STRANGER), steps: [all(line(A), add("home")), line(B)] },
  { name: "rename", steps: [all(line(A), add("home", DELETE)), change("home", { name: "www" }), line(B)] },
  {
    name: "rename back",
    steps: [
      all(line(A), add("home", { ...DELETE, driftLimit: 0 })),
      change("home", { name: "www" }),
      change("home", { name: "home" }),
      line(B),
    ],
  },
  { name: "delete", steps: [all(line(A), add("home", DELETE)), remove("home")] },
  { name: "change and delete", steps: [all(line(A), add("home", DELETE)), line(B), remove("home")] },
  // If the edit comes before the outcome of the first PUT is known, it is not drift: the record takes it over.
  { name: "a human's edit", killFromStep: 2, steps: [all(line(A), add("home")), edit("home", STRANGER), line(B)] },
  {
    name: "A and AAAA twice",
    wan: dual,
    steps: [
      all(both(A, "2001:db8:1"), add("home", { types: ["A", "AAAA"], ipv6Suffix: "::10", driftLimit: 0 })),
      both(B, "2001:db8:2"),
      both(C, "2001:db8:3"),
    ],
  },
  {
    name: "a type goes and comes back",
    wan: dual,
    steps: [
      all(both(A, "2001:db8:1"), add("home", { ...DELETE, types: ["A", "AAAA"], ipv6Suffix: "::10", driftLimit: 0 })),
      change("home", { types: ["A"] }),
      change("home", { types: ["A", "AAAA"] }),
      both(B, "2001:db8:2"),
    ],
  },
  { name: "two records", steps: [all(line(A), add("home"), add("nas", { driftLimit: 0 })), line(B)] },
  {
    name: "one record's name for another",
    steps: [all(line(A), add("home", DELETE), add("next", { name: "home", ...DELETE })), remove("home")],
  },
  {
    name: "two records swap their names",
    steps: [
      all(line(A), add("a", DELETE), add("b", DELETE)),
      change("a", { name: "b" }),
      change("b", { name: "a" }),
      line(B),
    ],
  },
  ...["Refuse", "Adopt"].flatMap((conflictPolicy): Workload[] => [
    {
      name: `two records swap their names at once, ${conflictPolicy}`,
      steps: [
        all(
          line(A),
          add("a", { ...DELETE, ...STRICT, conflictPolicy }),
          add("b", { ...STRICT, conflictPolicy, ttl: 900 }),
        ),
        all(change("a", { name: "b" }), change("b", { name: "a" })),
        line(B),
      ],
    },
    ...["Retain", "Delete"].map((deletionPolicy) => ({
      name: `a name for a record with another ttl, ${conflictPolicy}, ${deletionPolicy}`,
      steps: [
        all(
          line(A),
          add("home", { ...STRICT, conflictPolicy, deletionPolicy }),
          add("next", { ...DELETE, ...STRICT, conflictPolicy, ttl: 900 }),
        ),
        all(change("home", { name: "www" }), change("next", { name: "home" })),
        line(B),
      ],
    })),
    {
      name: `a deleted record's name for one with another ttl, ${conflictPolicy}`,
      steps: [
        all(
          line(A),
          add("home", { ...DELETE, ...STRICT, conflictPolicy }),
          add("next", { ...STRICT, conflictPolicy, name: "home", ttl: 900 }),
        ),
        remove("home"),
        line(B),
      ],
    },
    {
      name: `a name that is lost and comes back, ${conflictPolicy}`,
      steps: [
        all(
          line(A),
          add("a", { ...DELETE, ...STRICT, conflictPolicy, ttl: 900 }),
          add("b", { ...DELETE, ...STRICT, conflictPolicy }),
        ),
        change("a", { name: "b" }),
        change("a", { name: "a" }),
        line(B),
      ],
    },
    {
      // A name under which no leader has published is not retained.
      name: `a rename back with Retain, ${conflictPolicy}`,
      killFromStep: 3,
      hideFromStep: 3,
      steps: [
        all(line(A), add("home", { ...STRICT, conflictPolicy })),
        change("home", { name: "www" }),
        all(line(B), change("home", { name: "home" })),
        line(C),
      ],
    },
  ]),
  {
    // The first status adopts a value that equals the desired one. Without that status a successor sees a foreign
    // value.
    name: "a stranger's equal value under Refuse",
    killFromStep: 2,
    hideFromStep: 2,
    before: edit("home", A),
    steps: [all(line(A), add("home", { ...STRICT, conflictPolicy: "Refuse", ttl: 600 })), line(B), line(C)],
  },
  {
    name: "another ttl and another address at once",
    steps: [
      all(line(A), add("home", { driftLimit: 0, conflictPolicy: "Refuse" })),
      all(change("home", { ttl: 900 }), line(B)),
      line(C),
    ],
  },
  {
    name: "another prefix twice",
    wan: dual,
    steps: [
      all(
        both(A, "2001:db8:1"),
        add("home", { types: ["AAAA"], ipv6Suffix: "::10", driftLimit: 0, conflictPolicy: "Refuse" }),
      ),
      both(A, "2001:db8:2"),
      both(A, "2001:db8:3"),
    ],
  },
  {
    name: "apex and wildcard",
    steps: [
      all(
        line(A),
        add("apex", { name: "@", ...DELETE, driftLimit: 0 }),
        add("star", { name: "*", ...DELETE, driftLimit: 0 }),
      ),
      line(B),
      remove("star"),
    ],
  },
  {
    name: "a Service",
    steps: [
      all(
        line(A),
        serve(B),
        add("home", {
          ...DELETE,
          source: { kind: "Service", service: { namespace: "home", name: "web" } },
          allowPrivate: true,
          driftLimit: 0,
        }),
      ),
      serve(C),
      serve(),
      serve(B),
      remove("home"),
    ],
  },
  {
    name: "dry run ends",
    steps: [
      all(line(A), add("home", { ...DELETE, dryRun: true })),
      change("home", { dryRun: false }),
      line(B),
      remove("home"),
    ],
  },
  {
    name: "answers of Gandi that are lost",
    steps: [
      all(line(A), add("home", { ...DELETE, driftLimit: 0 })),
      all(loseAnswers, line(B)),
      line(C),
      all(mend, line(A)),
    ],
  },
  {
    name: "a rename and a deletion while Gandi is down",
    steps: [
      all(line(A), add("home", { ...DELETE, deletionTimeoutSeconds: 600 })),
      breakDown,
      change("home", { name: "www" }),
      remove("home"),
      mend,
      line(B),
    ],
  },
];
