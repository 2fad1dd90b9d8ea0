/** The rooms of docs/architecture.md, and who may use whom. `import type` counts. */
const product = "^(common|infra|operator)/";
const test = "\\.(test|e2e|browser)\\.ts$|/testing\\w*\\.ts$|^infra/test/|^operator/src/writer/crash/";

/**
 * A room of operator/src and what it may use besides `common` and `runtime`: rooms below it, or single files. So `decide`
 * stays pure: it knows nothing that opens a socket.
 */
const operatorRooms = {
  runtime: [],
  udp: [],
  stun: ["udp"],
  router: ["udp"],
  decide: ["router/natpmpResult.ts"],
  sources: ["udp", "stun", "router"],
  observe: ["udp", "stun", "router", "sources", "decide", "kube", "metrics"],
  gandi: [],
  records: ["gandi", "decide"],
  kube: [],
  writer: ["records", "gandi", "decide", "kube", "metrics"],
  snapshot: ["decide", "kube"],
  metrics: ["snapshot", "records", "decide"],
  page: ["snapshot", "decide"],
  server: ["gandi"],
  push: ["server"],
  notify: ["kube"],
  doctor: ["kube", "records", "decide", "page", "config.ts"],
};

/** The same of infra. Of its loose files these are the ground; all others put the rooms together. */
const infraGround = ["names.ts", "process.ts", "projectDir.ts", "requireNode.ts", "stackOutputs.ts"];

const infraRooms = {
  config: ["names.ts"],
  kubernetes: ["config", "names.ts", "process.ts"],
  image: ["config", "projectDir.ts"],
  monitoring: ["config", "names.ts"],
  metallb: ["config", "kubernetes", "projectDir.ts"],
  esddns: ["config", "kubernetes", "metallb", "monitoring", "names.ts"],
  checks: ["config", "kubernetes", "metallb", "esddns"],
  cli: [
    ...["config", "kubernetes", "metallb", "esddns", "checks", "monitoring", "image"],
    ...["names.ts", "process.ts", "projectDir.ts"],
  ],
};

const floors = [...floorsOf("operator/src", operatorRooms, ["runtime"]), ...floorsOf("infra", infraRooms, [])];

/**
 * @param {string} house a folder of rooms
 * @param {Readonly<Record<string, readonly string[]>>} rooms
 * @param {readonly string[]} everywhere rooms that all others may use
 */
function floorsOf(house, rooms, everywhere) {
  return Object.entries(rooms).map(([room, below]) =>
    forbid(
      `${house}/${room}`,
      { path: `^${house}/${room}/`, pathNot: test },
      { path: `^${house}/`, pathNot: `^${house}/(${[room, ...everywhere, ...below].join("|")})(/|$)` },
      `may use ${["common", ...everywhere, ...below].join(", ")}`,
    ),
  );
}

/**
 * @param {string} name
 * @param {object} from
 * @param {object} to
 * @param {string} [comment]
 */
function forbid(name, from, to, comment) {
  return { name, severity: "error", from, to, ...(comment === undefined ? {} : { comment }) };
}

/** @type {import("dependency-cruiser").IConfiguration} */
const config = {
  forbidden: [
    forbid("no-circle", {}, { circular: true }),
    forbid(
      "common-is-the-ground",
      { path: "^common/" },
      { path: "^(infra|operator|lab|pulumi-stand-ins|policy|test|bench)/" },
    ),
    forbid("infra-and-operator-meet-in-common", { path: "^infra/" }, { path: "^operator/" }),
    forbid("operator-knows-no-program", { path: "^operator/" }, { path: "^infra/" }),
    forbid("product-knows-no-lab", { path: product }, { path: "^(lab|pulumi-stand-ins|test|bench)/" }),
    forbid(
      "stand-ins-know-nobody",
      { path: "^pulumi-stand-ins/" },
      { path: "^(common|infra|operator|lab|test|bench)/" },
    ),
    forbid(
      "lab-knows-no-product",
      { path: "^lab/" },
      { path: "^(common|infra|operator|test|bench)/", pathNot: "^infra/cli/backendFiles\\.ts$" },
      "One exception: both mend the files of Pulumi's local backend.",
    ),
    forbid(
      "ground-of-infra",
      { path: `^infra/(${infraGround.join("|")})$` },
      { path: "^infra/", pathNot: `^infra/(${infraGround.join("|")})$` },
    ),
    forbid(
      "policy-uses-common",
      { path: "^policy/", pathNot: test },
      { path: "^(infra|operator|lab|pulumi-stand-ins|test|bench)/" },
    ),
    forbid(
      "common-has-doors",
      { path: "^(infra|operator|policy|test|bench)/" },
      { path: "^common/", pathNot: "^common/(\\w+/index|text)\\.ts$" },
      "One index.ts a room, and text.ts.",
    ),
    forbid("lab-has-one-face", { path: "^(test|bench)/" }, { path: "^lab/", pathNot: "^lab/src/index\\.ts$" }),
    forbid("product-needs-no-test-code", { path: product, pathNot: test }, { path: test }),
    ...floors,
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    doNotFollow: { path: "node_modules" },
    exclude: { path: "(^|/)node_modules/|/fixtures/" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "types", "node", "default"] },
  },
};

export default config;
