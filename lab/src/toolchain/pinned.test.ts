import { expect, it } from "vitest";
import { help } from "../cli.ts";
import { kubernetesOf } from "../cluster/kubernetes.ts";
import { metallbOf } from "../cluster/metallb.ts";

const programs = [
  { what: "MetalLB", of: metallbOf, usual: "0.15.3", others: ["0.16.2", "0.14.8"], none: "0.13.12" },
  { what: "Kubernetes", of: kubernetesOf, usual: "1.34.4", others: ["1.30.14", "1.36.3"], none: "1.29.0" },
];

it.each(programs)("every $what is there, with or without a v", async ({ of, usual, others }) => {
  for (const version of [usual, ...others]) {
    for (const written of [version, `v${version}`]) expect(await of(written)).toHaveProperty("version", version);
  }
});

it.each(programs)("where nothing is asked for, $what is $usual", async ({ of, usual }) => {
  expect(await of(undefined)).toHaveProperty("version", usual);
});

it.each(programs)(
  "a $what that is not there is answered by those that are",
  async ({ what, of, usual, others, none }) => {
    await expect(of(none)).rejects.toThrow(`no ${what} ${none}; there are ${[usual, ...others].join(", ")}`);
  },
);

it.each(programs)("the help names every other $what", ({ others }) => {
  for (const version of others) expect(help).toContain(version);
});
