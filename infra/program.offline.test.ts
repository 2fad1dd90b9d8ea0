import { expect, it } from "vitest";
import { CONFIG, runProgram } from "./testing/program.ts";

it("reads nothing where observeLive is off, and takes the outputs from what was stored", async () => {
  const program = await runProgram({ ...CONFIG, observeLive: false });
  expect(program.resources.filter(({ readId }) => readId !== undefined)).toEqual([]);
  expect(program.outputs).toMatchObject({ wanIp: "198.51.100.20", loadBalancerIp: "192.168.1.100", live: false });
});
