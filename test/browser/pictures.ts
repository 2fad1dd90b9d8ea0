/** `npm run pictures`: the pictures of the page in the documents, as docs/pictures/STATE-WIDTH-SCHEME.png. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fixtures } from "./fixtures.ts";
import { launch, servePage } from "./open.ts";

/** Every state that somebody may have to recognise, each width and scheme twice. */
const pictures = [
  ["well", 1280, "light"],
  ["well", 390, "dark"],
  ["disputed", 1280, "dark"],
  ["contested", 1280, "light"],
  ["expired-token", 390, "light"],
] as const;

const dir = join(import.meta.dirname, "../../docs/pictures");
await mkdir(dir, { recursive: true });
const browser = await launch();
try {
  for (const [name, width, colorScheme] of pictures) {
    const served = await servePage(fixtures[name]);
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
    await page.goto(served.url);
    await page.screenshot({ path: join(dir, `${name}-${width}-${colorScheme}.png`), fullPage: true });
    await page.close();
    await served.close();
  }
} finally {
  await browser.close();
}
