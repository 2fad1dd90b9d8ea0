/** The long run: `npm run simulate -- [--rounds 1000000] [--seed N]`. Prints the seed, and the one that repeats a failure. */
import { parseArgs } from "node:util";
import { simulate } from "./simulate.ts";

const { values } = parseArgs({ options: { rounds: { type: "string" }, seed: { type: "string" } } });
const number = (text: string | undefined, otherwise: number): number => {
  const value = Number(text ?? otherwise);
  if (!Number.isSafeInteger(value) || value < 0) throw new TypeError(`${String(text)} is not a whole number`);
  return value;
};
const seed = number(values.seed, Date.now() % 0x1_0000_0000);
const wanted = number(values.rounds, 1_000_000);

console.log(`seed ${seed}`);
const startedAt = performance.now();
const { rounds, counts, failure } = simulate(seed, (done) => done >= wanted);
for (const [what, count] of [...counts].sort()) console.log(`${String(count).padStart(10)}  ${what}`);
console.log(`${rounds} rounds in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
if (failure === undefined) {
  console.log("no wrong address was decided");
} else {
  console.log(`${failure.message}\nagain: npm run simulate -- --seed ${failure.seed} --rounds 1`);
  process.exitCode = 1;
}
