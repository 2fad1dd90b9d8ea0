import {
  admission,
  confinement,
  egress,
  features,
  levels,
  mounted,
  ports,
  rights,
  services,
  type Feature,
} from "../../infra/test/rightsTable.ts";
import { pretty } from "./pretty.ts";

/** docs/rights.md, as the tables of rights have it. */
export function rightsPage(): Promise<string> {
  return pretty(
    [
      "# Rights",
      "<!-- Made from infra/test/rightsTable.ts by: npm run docs -->",
      INTRODUCTION,
      "## In the cluster",
      table(
        ["account", "where", "group", "resource", "only", "may", "why", "with"],
        rights.map(({ app, where, group, resource, names, verbs, why, with: feature }) => [
          ...[code(app), where, code(group), code(resource), names === "any" ? "" : code(names), verbs, why],
          only(feature),
        ]),
      ),
      "No account may read Secrets, start programs in pods, or change rights. What `npm run deploy` and `npm run doctor` do, they do as you.",
      "## Ports",
      "All of them are TCP. NetworkPolicies hold only where the network plugin enforces them.",
      table(
        ["pods", "port", "name", "open to", "what for", "with"],
        ports.map(({ app, port, name, from, why, with: feature }) => [
          ...[code(app), String(port), name, from, why],
          only(feature),
        ]),
      ),
      table(
        ["Service", "type", "port", "port of the pods", "what for", "with"],
        services.map(({ service, type, port, target, why, with: feature }) => [
          ...[code(service), type, String(port), String(target), why],
          only(feature),
        ]),
      ),
      "## Ways out",
      table(
        ["pods", "to", "but not to", "ports", "what for", "with"],
        egress.map(({ app, to, except, ports: numbers, why, with: feature }) => [
          ...[code(app), to, except, numbers, why],
          only(feature),
        ]),
      ),
      "## Files",
      "All of them are mounted read-only. The mode is that of the files, which belong to root and the pod's group.",
      table(
        ["pods", "folder", "from", "mode", "what it is", "with"],
        mounted.map(({ app, path, source, mode, why, with: feature }) => [
          ...[code(app), code(path), source, mode, why],
          only(feature),
        ]),
      ),
      "## What confines the pods",
      table(
        ["field", "value"],
        Object.entries(confinement).map(([field, value]) => [code(field), code(JSON.stringify(value))]),
      ),
      "The namespaces enforce these levels of the Pod Security Standards:",
      table(
        ["namespace", "level", "with"],
        levels.map(({ namespace, level, with: feature }) => [code(namespace), level, only(feature)]),
      ),
      "## Admission policies",
      "Role-based rights cannot tell the pods of a DaemonSet apart. These policies can. They need Kubernetes 1.30, and fail closed.",
      table(
        ["policy", "looks at", "requests", "of", "refuses unless"],
        admission.map(({ policy, about, operations, account, must }) => [
          ...[code(policy), code(about), operations, code(account), must.map(code).join(" and ")],
        ]),
      ),
    ].join("\n\n"),
  );
}

const INTRODUCTION = `This page lists what the pods of a stack may do, listen on and reach. It does not list MetalLB's own
pods, whose rights come from its chart. A test compares every line with what the program makes, so a right that is
not here does not exist.

The lines are those of a stack \`production\` with the pools \`esddns-pool\` and \`second\`. Your names stand in their
places. A line with an entry in its last column exists only with that part of the stack config. The networks, hosts and
Services in such lines are examples: the config names them.`;

function only(feature: Feature | undefined): string {
  return feature === undefined ? "" : features[feature];
}

function code(text: string): string {
  return `\`${text.replaceAll("|", "\\|")}\``;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
