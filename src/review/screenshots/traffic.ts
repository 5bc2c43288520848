import type { BrowserContext, Page, Route } from "playwright-core";
import type { PageAnswer, PageRequests } from "../../grafana/page-requests.ts";
import { firstLine } from "./browser.ts";
import { NoPictures } from "./no-pictures.ts";

export interface Traffic {
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

/** Answers all requests of the pages. The browser itself has no network access and no credentials. */
export async function routed(context: BrowserContext, requests: PageRequests): Promise<Traffic> {
  // The names of these files contain hashes of their contents, and each page needs all of them.
  const built = new Map<string, Promise<PageAnswer>>();
  const open = new WeakMap<Page, number>();
  const breaks = new WeakMap<Page, (error: Error) => void>();
  const count = (page: Page | undefined, by: number) => page && open.set(page, (open.get(page) ?? 0) + by);
  await context.route("**/*", async (route) => {
    const page = pageOf(route);
    count(page, 1);
    try {
      const failure = await answer(route, requests, built);
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
      // It may reject after the page was shown.
      promise.catch(() => {});
      return promise;
    },
  };
}

/** Answers a request of a page. Returns the failure of a request that the page can't work without. */
async function answer(
  route: Route,
  requests: PageRequests,
  built: Map<string, Promise<PageAnswer>>,
): Promise<string | undefined> {
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
    const send = () => requests.send({ method, url, headers, body: request.postDataBuffer() ?? undefined });
    const isBuilt = method === "GET" && path.startsWith("/public/build/");
    const sent = (isBuilt ? built.get(url) : undefined) ?? send();
    if (isBuilt) built.set(url, sent);
    const answered = await sent;
    if (answered.status !== 200) built.delete(url);
    await route.fulfill(answered);
    if (!isNeeded || answered.status < 300) return undefined;
    return `Grafana's page can't be loaded: ${method} ${path} returned ${answered.status}`;
  } catch (error) {
    built.delete(url);
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
