import { expect, it } from "vitest";
import { takeLock } from "./lock.ts";

const address = `\0esddns-lab-test-${process.pid}`;

it("one command at a time has the lab; the next learns who has it", async () => {
  const held = await takeLock("up", address);
  await expect(takeLock("down", address)).rejects.toThrow(`being changed by \`up\` (pid ${process.pid})`);
  await new Promise((resolve) => held.close(resolve));
  const again = await takeLock("down", address);
  again.close();
});
