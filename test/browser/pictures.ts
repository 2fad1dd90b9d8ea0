/** `npm run pictures`: the page in every state, width and colour scheme, as docs/pictures/STATE-WIDTH-SCHEME.png. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fixtureNames, fixtures, schemes, widths } from "./fixtures.ts";
import { launch, servePage } from "./open.ts";

const dir = join(import.meta.dirname, "../../docs/pictures");
await mkdir(dir, { recursive: true });
const browser = await launch();
try {
  for (const name of fixtureNames) {
    const served = await servePage(fixtures[name]);
    for (const width of widths) {
      for (const colorScheme of schemes) {
        const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
        await page.goto(served.url);
        await page.screenshot({ path: join(dir, `${name}-${width}-${colorScheme}.png`), fullPage: true });
        await page.close();
      }
    }
    await served.close();
  }
} finally {
  await browser.close();
}
