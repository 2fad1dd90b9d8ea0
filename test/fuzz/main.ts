/** The long run: `npm run fuzz -- [--seconds 60] [--messages N] [--seed N]`. Prints the seed, and what repeats a failure. */
import { parseArgs } from "node:util";
import { fuzz } from "./fuzz.ts";

const { values } = parseArgs({
  options: { seconds: { type: "string" }, messages: { type: "string" }, seed: { type: "string" } },
});
const number = (text: string | undefined, otherwise: number): number => {
  const value = Number(text ?? otherwise);
  if (!Number.isFinite(value) || value < 0) throw new TypeError(`${String(text)} is not a number`);
  return value;
};
const seed = number(values.seed, Date.now() % 0x1_0000_0000) >>> 0;
const mostMessages = number(values.messages, Number.MAX_SAFE_INTEGER);
const seconds = number(values.seconds, values.messages === undefined ? 60 : 3600);

console.log(`seed ${seed}`);
const endsAt = performance.now() + seconds * 1000;
const { messages, answers, failure } = fuzz(seed, (count) => count >= mostMessages || performance.now() >= endsAt);
for (const [answer, count] of [...answers].sort()) console.log(`${String(count).padStart(10)}  ${answer}`);
if (failure === undefined) {
  console.log(`${messages} messages, nothing found`);
} else {
  console.log(`${failure.target}, message ${messages}: ${failure.message}\n${failure.hex}`);
  console.log(`again: npm run fuzz -- --seed ${seed} --messages ${messages}`);
  process.exitCode = 1;
}
