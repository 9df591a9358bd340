import { existsSync } from "node:fs";
import { chromium, type Browser, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DevRun } from "../../test/dev/DevRun.ts";

const chromiumPath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(
  (path) => existsSync(path),
);

describe.skipIf(chromiumPath === undefined)("the line list in a browser", { timeout: 300_000 }, () => {
  let run: DevRun;
  let browser: Browser;
  let page: Page;
  beforeAll(async () => {
    run = DevRun.start(DevRun.copyOf("epidemiology"), ["--no-watch"]);
    const port = await run.port();
    browser = await chromium.launch({
      executablePath: chromiumPath,
      args: "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync".split(
        " ",
      ),
    });
    page = await browser.newPage({ viewport: { width: 1280, height: 860 } });
    await page.goto(`http://curator.epidemiology.localhost:${port}/`);
    await page.waitForSelector("#rows tr");
  }, 300_000);
  afterAll(async () => {
    await browser?.close();
    await run.clean();
  });
  const total = async (): Promise<number> =>
    Number((await page.textContent("#total"))?.replaceAll(/\D/g, ""));
  const settled = async (wanted: (count: number) => boolean): Promise<void> => {
    await expect.poll(async () => wanted(await total())).toBe(true);
  };

  it("shows all 20,000 cases, newest first, and charts them", async () => {
    expect(await total()).toBe(20_000);
    expect(await page.locator("#rows tr").count()).toBe(50);
    expect(await page.locator("#curve rect").count()).toBeGreaterThan(100);
    expect(await page.locator("#regions button").count()).toBe(5);
  });

  it("searches", async () => {
    await page.fill("[name=q]", "harbour cluster");
    await settled((count) => count > 0 && count < 2_000);
    for (const text of await page.locator("#rows tr").allTextContents()) expect(text).toContain("Harbour");
  });

  it("filters by region and outcome, and the chart follows", async () => {
    await page.click("button[type=reset]");
    await settled((count) => count === 20_000);
    await page.selectOption("[name=region]", "Brevik");
    await page.selectOption("form#filters [name=outcome]", "died");
    await settled((count) => count > 0 && count < 1_000);
    for (const text of await page.locator("#rows tr").allTextContents()) {
      expect(text).toContain("Brevik");
      expect(text).toContain("died");
    }
    expect(await page.locator("#curve rect:not(.died)").count()).toBe(0);
    expect(page.url()).toContain("region=Brevik");
  });

  it("pages", async () => {
    await page.click("button[type=reset]");
    await settled((count) => count === 20_000);
    const first = await page.locator("#rows tr").first().getAttribute("data-id");
    await page.click("#next");
    await expect.poll(async () => await page.textContent("#page")).toBe("2 of 400");
    expect(await page.locator("#rows tr").first().getAttribute("data-id")).not.toBe(first);
  });

  it("edits a case, keeps the history, and has it after a reload", async () => {
    await page.fill("[name=q]", "12345");
    await settled((count) => count === 1);
    await page.locator("#rows tr").first().click();
    await page.fill("#editor [name=notes]", "confirmed by a second sample");
    await page.selectOption("#editor [name=outcome]", "recovered");
    await page.click("#save");
    await expect
      .poll(async () => await page.locator("#rows").textContent())
      .toContain("confirmed by a second sample");
    await page.reload();
    await page.waitForSelector("#rows tr");
    expect(await page.locator("#rows").textContent()).toContain("confirmed by a second sample");
    await page.locator("#rows tr").first().click();
    await expect.poll(async () => await page.locator("#edits").textContent()).toContain("notes");
    await page.click("#editor button[value=cancel]");
  });

  it("refuses an impossible value in words, and loses nothing", async () => {
    await page.locator("#rows tr").first().click();
    await page.locator("#editor [name=age]").evaluate((field) => field.removeAttribute("max"));
    await page.fill("#editor [name=age]", "999");
    await page.click("#save");
    await expect.poll(async () => await page.textContent("#problem")).toContain("age");
    expect(await page.isVisible("#editor")).toBe(true);
    await page.click("#editor button[value=cancel]");
  });
});
