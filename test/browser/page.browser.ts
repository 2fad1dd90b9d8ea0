import axe from "axe-core";
import type { Browser, BrowserContextOptions, Page, Response } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type FixtureName, fixtureNames, fixtures, schemes, widths } from "./fixtures.ts";
import { launch, type ServedPage, servePage } from "./open.ts";

let browser: Browser;
let served: ServedPage | undefined;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());
afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
  await served?.close();
  served = undefined;
});

/** The page in that state; whatever the browser complains about, a refused script above all, is in `complaints`. */
async function open(
  name: FixtureName,
  options: BrowserContextOptions = {},
): Promise<{ page: Page; served: ServedPage; complaints: string[] }> {
  served = await servePage(fixtures[name]);
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  if (options.javaScriptEnabled !== false) await page.clock.install();
  await page.goto(served.url);
  return { page, served, complaints };
}

/** Lets the page's own clock go on until it has asked again, and been answered. */
async function nextPoll(page: Page): Promise<number> {
  let answer: Response | undefined;
  const answered = page
    .waitForResponse((response) => response.url() === served?.url)
    .then((response) => (answer = response));
  // The page plans its next question only once it has dealt with the last answer: the clock may have to go on twice.
  while (answer === undefined) await Promise.race([answered, page.clock.runFor(1_000)]);
  const status = answer.status();
  // Chromium never tells of the end of an answer that has no body.
  if (status !== 304) await answer.finished();
  return status;
}

describe.each(fixtureNames)("the page, %s", (name) => {
  it.each(widths.flatMap((width) => schemes.map((scheme) => [width, scheme] as const)))(
    "can be read by everybody and fits, %i pixels wide, %s",
    async (width, colorScheme) => {
      const { page, complaints } = await open(name, { viewport: { width, height: 900 }, colorScheme });
      await page
        .locator("summary")
        .evaluateAll("(all) => all.forEach((one) => one.click())")
        .catch(() => undefined);
      await page.evaluate(axe.source);
      const { violations } = await page.evaluate<axe.AxeResults>("axe.run()");
      expect(
        violations.map(({ id, nodes }) => [
          id,
          ...nodes.slice(0, 3).map(({ html, failureSummary }) => `${html} ${failureSummary ?? ""}`),
        ]),
      ).toEqual([]);
      expect(await page.evaluate("document.documentElement.scrollWidth - innerWidth")).toBeLessThanOrEqual(0);
      expect(complaints).toEqual([]);
    },
  );
});

describe("the headline", () => {
  it.each<[FixtureName, string, string]>([
    ["well", "good", "In order."],
    ["family-lost", "warn", "In doubt. No source answers over IPv4."],
    ["behind-nat", "warn", "Behind another NAT. The router's own address outside is 100.64.3.7"],
    ["not-verified", "warn", "Not verified. The zone's name servers say something else of www.example.com."],
    ["nobody-looks", "bad", "Nobody looks. No node has reported lately"],
    ["out-of-date", "bad", "Out of date. The API server is silent about WanAddress, WanObservation, DnsRecord"],
  ])("tells the worst that is the matter: %s", async (name, tone, text) => {
    const { page } = await open(name);
    const headline = page.locator("#verdict");
    expect(await headline.getAttribute("class")).toBe(`banner ${tone}`);
    expect(await headline.innerText()).toContain(text);
  });
});

describe("an open page", () => {
  it("follows what happens, without losing focus, place or what was opened", async () => {
    const { page, served: now } = await open("well", { viewport: { width: 390, height: 500 } });
    const node2 = page.locator("#node-node2 > summary");
    await node2.focus();
    await page.keyboard.press("Enter");
    await page.evaluate("scrollBy(0, -120)");
    const before = await node2.boundingBox();
    now.show(fixtures["multiple-egress"]);
    expect(await nextPoll(page)).toBe(200);
    await page.waitForFunction("document.title.startsWith('Several ways out')");
    expect(await page.evaluate("document.activeElement.parentElement.id")).toBe("node-node2");
    expect(await page.locator("#node-node2").getAttribute("open")).not.toBeNull();
    const after = await node2.boundingBox();
    expect(Math.abs((after?.y ?? 0) - (before?.y ?? 999))).toBeLessThan(60);
    expect(await page.locator("#node-node2").textContent()).toContain("203.0.113.9");
  });

  it("tells a screen reader the news, and nothing while there is none", async () => {
    const { page, served: now } = await open("well");
    now.show({ ...fixtures.well, now: fixtures.well.now + 60_000 });
    expect(await nextPoll(page)).toBe(200);
    await page.waitForFunction("document.querySelector('footer time').textContent.includes('12:01')");
    expect(await page.locator("#news").textContent()).toBe("");
    now.show(fixtures.disputed);
    await nextPoll(page);
    await page.waitForFunction("document.getElementById('news').textContent !== ''");
    expect(await page.locator("#news").textContent()).toMatch(/^In doubt\. IPv4: the organisations name/);
  });

  it("costs little while nothing happens", async () => {
    const { page } = await open("well");
    expect(await nextPoll(page)).toBe(200);
    expect(await nextPoll(page)).toBe(304);
    expect(await nextPoll(page)).toBe(304);
  });

  it("says when its pod no longer answers, and when it does again", async () => {
    const { page } = await open("well");
    await page.route("**/*", (route) => route.abort());
    const lost = page.locator("#lost");
    for (let i = 0; i < 4; i++) {
      const failed = page.waitForEvent("requestfailed");
      await page.clock.runFor(60_000);
      await failed;
    }
    await lost.filter({ hasText: "No answer" }).waitFor({ state: "visible" });
    await page.unroute("**/*");
    await page.clock.runFor(60_000);
    await lost.waitFor({ state: "hidden" });
  });

  it("works by keyboard: every part that opens or scrolls can be reached and is seen to be", async () => {
    const { page } = await open("well");
    const reached = new Set<string>();
    for (let i = 0; i < 40; i++) {
      await page.keyboard.press("Tab");
      const at = await page.evaluate<string>(
        "document.activeElement.tagName + ' ' + (getComputedStyle(document.activeElement).outlineStyle !== 'none')",
      );
      reached.add(at);
    }
    expect([...reached]).toEqual(expect.arrayContaining(["SUMMARY true", "A true", "DIV true"]));
  });
});

describe("without JavaScript", () => {
  it("the page tells all the same", async () => {
    const { page } = await open("disputed", { javaScriptEnabled: false });
    expect(await page.title()).toBe("In doubt – ESDDNS esddns-production");
    const text = await page.locator("main").innerText();
    expect(text).toContain("198.51.100.20");
    expect(text).toContain("203.0.113.66");
    await page.locator("#node-node1 > summary").click();
    expect(await page.locator("#node-node1 table").isVisible()).toBe(true);
  });
});
