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
  return Object.entries(rooms).map(([room, below]) => ({
    name: `${house}/${room}`,
    comment: `may use ${["common", ...everywhere, ...below].join(", ")}`,
    severity: "error",
    from: { path: `^${house}/${room}/`, pathNot: test },
    to: { path: `^${house}/`, pathNot: `^${house}/(${[room, ...everywhere, ...below].join("|")})(/|$)` },
  }));
}

/** @type {import("dependency-cruiser").IConfiguration} */
const config = {
  forbidden: [
    { name: "no-circle", severity: "error", from: {}, to: { circular: true } },
    {
      name: "common-is-the-ground",
      severity: "error",
      from: { path: "^common/" },
      to: { path: "^(infra|operator|lab|pulumi-stand-ins|policy|test|bench)/" },
    },
    {
      name: "infra-and-operator-meet-in-common",
      severity: "error",
      from: { path: "^infra/" },
      to: { path: "^operator/" },
    },
    { name: "operator-knows-no-program", severity: "error", from: { path: "^operator/" }, to: { path: "^infra/" } },
    {
      name: "product-knows-no-lab",
      severity: "error",
      from: { path: product },
      to: { path: "^(lab|pulumi-stand-ins|test|bench)/" },
    },
    {
      name: "stand-ins-know-nobody",
      severity: "error",
      from: { path: "^pulumi-stand-ins/" },
      to: { path: "^(common|infra|operator|lab|test|bench)/" },
    },
    {
      name: "lab-knows-no-product",
      comment: "One exception: both mend the files of Pulumi's local backend.",
      severity: "error",
      from: { path: "^lab/" },
      to: { path: "^(common|infra|operator|test|bench)/", pathNot: "^infra/cli/backendFiles\\.ts$" },
    },
    {
      name: "ground-of-infra",
      severity: "error",
      from: { path: `^infra/(${infraGround.join("|")})$` },
      to: { path: "^infra/", pathNot: `^infra/(${infraGround.join("|")})$` },
    },
    {
      name: "policy-uses-common",
      severity: "error",
      from: { path: "^policy/", pathNot: test },
      to: { path: "^(infra|operator|lab|pulumi-stand-ins|test|bench)/" },
    },
    {
      name: "common-has-doors",
      comment: "One index.ts a room, and text.ts.",
      severity: "error",
      from: { path: "^(infra|operator|policy|test|bench)/" },
      to: { path: "^common/", pathNot: "^common/(\\w+/index|text)\\.ts$" },
    },
    {
      name: "lab-has-one-face",
      severity: "error",
      from: { path: "^(test|bench)/" },
      to: { path: "^lab/", pathNot: "^lab/src/index\\.ts$" },
    },
    {
      name: "product-needs-no-test-code",
      severity: "error",
      from: { path: product, pathNot: test },
      to: { path: test },
    },
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
