import { setTimeout as sleep } from "node:timers/promises";
import type { BrowserContext, Page, Route } from "playwright-core";
import type { ClientOptions } from "../../grafana/client.ts";
import { pageRequests, type PageRequests } from "../../grafana/page-requests.ts";
import { firstLine, startBrowser } from "./browser.ts";
import { NoPictures } from "./no-pictures.ts";
import { shootPainted } from "./painting.ts";

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
  readonly theme: Theme;
}

/** Selectors since Grafana 11.1: the content of a panel, and the bar that is present while data is loading. */
const CONTENT = '[data-testid="data-testid panel content"]';
const LOADING = '[aria-label="Panel loading bar"]';
/** Milliseconds without a request and without a loading bar after which a panel is complete. */
const STILL = 400;

/** Starts the browser. It has no credentials: the requests of its pages are sent by this process. */
export async function openCamera({ browser: executable, client, patience, theme }: CameraOptions): Promise<Camera> {
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
  return {
    async shoot({ uid, panelId, width, height, from, to }) {
      const opened = context.newPage();
      const shooting = async () => {
        const page = await opened;
        await page.setViewportSize({ width, height });
        const query = new URLSearchParams({ panelId, theme, from: String(from), to: String(to), hideLogo: "true" });
        const end = performance.now() + patience;
        await show(page, `${client.url}/d-solo/${uid}/review?${query.toString()}&kiosk`, { patience, end, traffic });
        const shot = await shootPainted(page, end);
        if (typeof shot === "string") throw new NotShown(`${shot} after ${patience / 1000} seconds`);
        return shot;
      };
      try {
        return await within(2 * patience, shooting());
      } finally {
        // A page that hangs may not close. It is closed with the browser.
        await within(
          CLOSING,
          opened.then((page) => page.close()),
        ).catch(() => {});
      }
    },
    async close() {
      await browser.close().catch(() => {});
      requests.close();
    },
  };
}

/** Milliseconds in which a page must close. */
const CLOSING = 5_000;

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

interface Showing {
  readonly patience: number;
  /** When the patience ends, as `performance.now()`. */
  readonly end: number;
  readonly traffic: Traffic;
}

/** Waits until the panel is visible with its data. */
async function show(page: Page, url: string, { patience, end, traffic }: Showing): Promise<void> {
  const broken = traffic.brokenOn(page);
  try {
    // Wait for it even if the page is broken: closing a page during `goto` may never end.
    await page.goto(url, { waitUntil: "commit", timeout: patience });
    const timeout = Math.max(1, end - performance.now());
    await Promise.race([page.locator(CONTENT).first().waitFor({ state: "visible", timeout }), broken]);
  } catch (error) {
    if (error instanceof NoPictures || page.isClosed()) throw error;
    await Promise.race([broken, sleep(0)]);
    throw new NotShown(await describePage(page, patience));
  }
  let since = performance.now();
  while (performance.now() - since < STILL) {
    if (performance.now() > end) throw new NotShown(`the panel was still loading after ${patience / 1000} seconds`);
    await sleep(50);
    if (traffic.openOn(page) > 0 || (await page.locator(LOADING).count()) > 0) since = performance.now();
  }
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

interface Traffic {
  /** The number of unanswered requests of a page. */
  openOn(page: Page): number;
  /** Rejects with `NoPictures` if the page or one of its scripts can't be loaded. */
  brokenOn(page: Page): Promise<never>;
}

/** POST requests of the front end that only query data. */
const POSTS = [
  /^\/api\/ds\/query$/,
  /^\/apis\/query\.grafana\.app\//,
  /^\/apis\/features\.grafana\.app\//,
  /^\/api\/datasources\/uid\/[^/]+\/resources(\/|$)/,
];
/** Resource types that a front end may load from a CDN. */
const FOREIGN = new Set(["script", "stylesheet", "font"]);

async function routed(context: BrowserContext, requests: PageRequests): Promise<Traffic> {
  const open = new Map<Page, number>();
  const breaks = new Map<Page, (error: Error) => void>();
  const count = (page: Page | undefined, by: number) => page && open.set(page, (open.get(page) ?? 0) + by);
  await context.route("**/*", async (route) => {
    const page = pageOf(route);
    count(page, 1);
    try {
      const failure = await answer(route, requests);
      if (failure !== undefined && page) breaks.get(page)?.(new NoPictures(failure));
    } catch {
      // The page is closed.
    } finally {
      count(page, -1);
    }
  });
  await context.routeWebSocket(/.*/, (socket) => socket.close());
  return {
    openOn: (page) => open.get(page) ?? 0,
    brokenOn(page) {
      const { promise, reject } = Promise.withResolvers<never>();
      breaks.set(page, reject);
      page.once("close", () => breaks.delete(page));
      // It may reject after the page was shown.
      promise.catch(() => {});
      return promise;
    },
  };
}

/** Answers a request of a page. Returns the failure of a request that the page can't work without. */
async function answer(route: Route, requests: PageRequests): Promise<string | undefined> {
  const request = route.request();
  const [method, type] = [request.method(), request.resourceType()];
  const url = request.url();
  const path = requests.pathOf(url);
  if (path === undefined) {
    const isPart = method === "GET" && FOREIGN.has(type);
    const answered = isPart
      ? await requests.send({ method, url, headers: request.headers() }).catch(() => {})
      : undefined;
    await (answered ? route.fulfill(answered) : route.abort("blockedbyclient"));
    return undefined;
  }
  const isPage = request.isNavigationRequest() && request.frame().parentFrame() === null;
  const isNeeded = isPage || (type === "script" && path.startsWith("/public/build/"));
  const isPost = method === "POST" && POSTS.some((one) => one.test(path));
  if (method !== "GET" && method !== "HEAD" && !isPost) {
    await route.abort("blockedbyclient");
    return undefined;
  }
  try {
    const headers = request.headers();
    const answered = await requests.send({ method, url, headers, body: request.postDataBuffer() ?? undefined });
    await route.fulfill(answered);
    if (!isNeeded || answered.status < 300) return undefined;
    return `Grafana's page can't be loaded: ${method} ${path} returned ${answered.status}`;
  } catch (error) {
    await route.abort("failed");
    return isNeeded ? `Grafana's page can't be loaded: ${method} ${path}: ${firstLine(error)}` : undefined;
  }
}

function pageOf(route: Route): Page | undefined {
  try {
    return route.request().frame().page();
  } catch {
    return undefined;
  }
}
