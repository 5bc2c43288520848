import { setTimeout as sleep } from "node:timers/promises";
import type { Page } from "playwright-core";
import type { ClientOptions } from "../../grafana/client.ts";
import { pageRequests } from "../../grafana/page-requests.ts";
import { startBrowser } from "./browser.ts";
import { NoPictures } from "./no-pictures.ts";
import { shootPainted } from "./painting.ts";
import { routed, type Traffic } from "./traffic.ts";

export type Theme = "light" | "dark";

/** A single panel in Grafana's solo view. */
interface View {
  /** The dashboard's uid. */
  readonly uid: string;
  readonly panelId: string;
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  /** Milliseconds since 1970. */
  readonly from: number;
  readonly to: number;
}

export interface Camera {
  /** Takes a PNG. Throws `NotShown` if this panel does not appear, and `NoPictures` if no panel can appear. */
  shoot(view: View): Promise<Buffer>;
  close(): Promise<void>;
}

/** The panel did not appear, did not finish loading or was not painted in time. */
export class NotShown extends Error {}

export interface CameraOptions {
  readonly browser: string;
  readonly client: ClientOptions;
  /** Milliseconds in which a panel must appear with its data. */
  readonly patience: number;
  /** Milliseconds in which the front end must be loaded. */
  readonly loading: number;
  readonly theme: Theme;
}

/** Selectors since Grafana 11.1: the content of a panel, and what is present while data is loading or a layout is computed. */
const CONTENT = '[data-testid="data-testid panel content"]';
const LOADING = `[aria-label="Panel loading bar"], ${CONTENT} [data-testid="Spinner"]`;
/** Grafana's page contains this until its front end is painted. */
const PRELOADER = ".preloader";
/** Milliseconds without a request and without a sign of loading after which a panel is complete. */
const STILL = 400;

/** Starts the browser. It has no credentials: the requests of its pages are sent by this process. */
export async function openCamera({
  browser: executable,
  client,
  patience,
  loading,
  theme,
}: CameraOptions): Promise<Camera> {
  const browser = await startBrowser(executable);
  const requests = await pageRequests(client);
  const context = await browser.newContext({
    colorScheme: theme,
    locale: "en-US",
    timezoneId: "UTC",
    reducedMotion: "reduce",
    serviceWorkers: "block",
    acceptDownloads: false,
  });
  const traffic = await routed(context, requests);
  const idle: Page[] = [];
  const switching = switches();

  const shootIn = async (
    loaded: Page | undefined,
    { uid, panelId, width, height, from, to }: View,
  ): Promise<Buffer> => {
    const opened = loaded ? Promise.resolve(loaded) : context.newPage();
    const shooting = async () => {
      const page = await opened;
      await page.setViewportSize({ width, height });
      const query = new URLSearchParams({ panelId, theme, from: String(from), to: String(to), hideLogo: "true" });
      const url = `${client.url}/d-solo/${uid}/review?${query.toString()}&kiosk`;
      const end = await show(page, url, { patience, loading, traffic, isLoaded: loaded !== undefined });
      const shot = await shootPainted(page, end);
      if (typeof shot === "string") throw new NotShown(`${shot} after ${patience / 1000} seconds`);
      return shot;
    };
    let isShown = false;
    try {
      const shot = await within((loaded ? 0 : loading) + 2 * patience, shooting());
      isShown = true;
      return shot;
    } finally {
      if (isShown && switching.works()) idle.push(await opened);
      else await closed(opened);
    }
  };
  /** A loaded page without a panel. Undefined if there is none, or if its front end does not follow the history of the page. */
  const emptyPage = async (): Promise<Page | undefined> => {
    const page = idle.pop();
    if (page === undefined) return undefined;
    try {
      if (switching.works()) return await within(LEAVING, leavePanel(page, `${client.url}/d-solo`));
    } catch {
      switching.failed++;
    }
    await closed(page);
    return undefined;
  };
  return {
    async shoot(view) {
      const loaded = await emptyPage();
      if (loaded === undefined) return await shootIn(undefined, view);
      try {
        const shot = await shootIn(loaded, view);
        switching.succeeded++;
        return shot;
      } catch (error) {
        if (!(error instanceof NotShown) || switching.stuck >= MAX_STUCK) throw error;
      }
      // Only a new page shows whether the panel or the loaded page was the reason.
      switching.stuck++;
      const shot = await shootIn(undefined, view);
      switching.stuck--;
      switching.failed++;
      return shot;
    },
    async close() {
      await browser.close().catch(() => {});
      requests.close();
    },
  };
}

/** Closes a page. One that hangs may not close: it is closed with the browser. */
async function closed(page: Page | Promise<Page>): Promise<void> {
  const closing = Promise.resolve(page).then((one) => one.close());
  await within(CLOSING, closing).catch(() => {});
}

/** How often loaded pages showed another panel. On a busy machine, it fails now and then, so only more failures than successes end it. */
function switches() {
  return {
    succeeded: 0,
    failed: 0,
    /** Panels that appeared in neither a loaded page nor a new one. */
    stuck: 0,
    works(): boolean {
      return this.failed <= this.succeeded;
    },
  };
}

/** The number of stuck panels after which the panels are the reason. */
const MAX_STUCK = 3;
/** Milliseconds in which a page must close. */
const CLOSING = 5_000;
/** Milliseconds in which a page must leave its panel. */
const LEAVING = 10_000;

/** Limits the time of browser requests, which never end while a script of the page hangs. */
async function within<Result>(milliseconds: number, running: Promise<Result>): Promise<Result> {
  const { promise, reject } = Promise.withResolvers<never>();
  const late = () => reject(new NotShown(`the page did not respond within ${milliseconds / 1000} seconds`));
  const timer = setTimeout(late, milliseconds);
  try {
    return await Promise.race([running, promise]);
  } finally {
    clearTimeout(timer);
  }
}

interface Showing extends Pick<CameraOptions, "patience" | "loading"> {
  readonly traffic: Traffic;
  /** Whether the page has loaded the front end. */
  readonly isLoaded: boolean;
}

/** Makes the front end show another URL without loading it again, as the browser's back button does. */
async function follow(page: Page, url: string): Promise<void> {
  await page.evaluate(
    `history.pushState(null, "", ${JSON.stringify(url)}); dispatchEvent(new PopStateEvent("popstate", { state: null }))`,
  );
}

/** Loads the front end and waits until it is painted. */
async function load(
  page: Page,
  url: string,
  { loading, broken }: { loading: number; broken: Promise<never> },
): Promise<void> {
  const end = performance.now() + loading;
  const left = () => Math.max(1, end - performance.now());
  // Wait for it even if the page is broken: closing a page during `goto` may never end.
  await page.goto(url, { waitUntil: "commit", timeout: left() });
  await Promise.race([page.waitForLoadState("load", { timeout: left() }), broken]);
  await Promise.race([page.locator(PRELOADER).waitFor({ state: "detached", timeout: left() }), broken]);
}

/** Shows a page of the front end without a panel, so that the next panel can't be confused with the last one. */
async function leavePanel(page: Page, url: string): Promise<Page> {
  await follow(page, url);
  await page.locator(CONTENT).first().waitFor({ state: "detached", timeout: LEAVING });
  return page;
}

/** Waits until the panel is visible with its data. Returns when the patience ends, as `performance.now()`: it starts when the front end is loaded. */
async function show(page: Page, url: string, { patience, loading, traffic, isLoaded }: Showing): Promise<number> {
  const broken = traffic.brokenOn(page);
  const waitFor = async (wait: () => Promise<unknown>, failure: () => string | Promise<string>) => {
    try {
      await wait();
    } catch (error) {
      if (error instanceof NoPictures || page.isClosed()) throw error;
      await Promise.race([broken, sleep(0)]);
      throw new NotShown(await failure());
    }
  };
  if (!isLoaded) {
    const failure = () => `Grafana's front end was not loaded within ${loading / 1000} seconds`;
    await waitFor(() => load(page, url, { loading, broken }), failure);
  }
  const end = performance.now() + patience;
  await waitFor(
    async () => {
      if (isLoaded) await follow(page, url);
      await Promise.race([page.locator(CONTENT).first().waitFor({ state: "visible", timeout: patience }), broken]);
    },
    () => describePage(page, patience),
  );
  let since = performance.now();
  while (performance.now() - since < STILL) {
    if (performance.now() > end) throw new NotShown(`the panel was still loading after ${patience / 1000} seconds`);
    await sleep(50);
    if (traffic.openOn(page) > 0 || (await page.locator(LOADING).count()) > 0) since = performance.now();
  }
  return end;
}

/** Describes what the page shows instead of the panel. */
async function describePage(page: Page, patience: number): Promise<string> {
  const text = await page
    .locator("body")
    .innerText({ timeout: 1000 })
    .catch(() => "");
  const [line = ""] = text.split("\n").filter((one) => one.trim() !== "");
  const short = line.trim().slice(0, 120);
  return `the panel did not appear within ${patience / 1000} seconds${short ? `; the page shows "${short}"` : ""}`;
}
