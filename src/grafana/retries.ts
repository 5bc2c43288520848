import type { AxiosError, AxiosInstance } from "axios";
import axiosRetry, { exponentialDelay, retryAfter } from "axios-retry";
import type { ClientOptions } from "./client-options.ts";
import { isFinal, isNotSent, isTimeout, whyWaiting } from "./failure.ts";

const RETRIES = 4;
/** Shorter waits are not reported. */
const NOTICEABLE = 2000;

interface Retries {
  readonly patience: number;
  readonly retryDelay: number;
  readonly mayRetry: () => boolean;
  readonly refusedByProxy: (error: AxiosError) => boolean;
  readonly onRequest?: NonNullable<ClientOptions["onRequest"]>;
  readonly onWait?: NonNullable<ClientOptions["onWait"]>;
}

/** Retries requests where this is safe. */
export function addRetries(http: AxiosInstance, retries: Retries): void {
  const { patience, retryDelay, mayRetry, refusedByProxy, onRequest, onWait } = retries;
  let waitingUntil = 0;
  const report = (milliseconds: number, error: AxiosError): void => {
    const until = performance.now() + milliseconds;
    // Reported once for all requests that wait at the same time.
    if ((milliseconds < NOTICEABLE && !isTimeout(error)) || until < waitingUntil + NOTICEABLE) return;
    waitingUntil = until;
    onWait?.({ milliseconds, why: whyWaiting(error) });
  };
  axiosRetry(http, {
    retries: RETRIES,
    shouldResetTimeout: true,
    retryDelay(count, error) {
      // `exponentialDelay` also respects `Retry-After`, in seconds or as a date.
      const milliseconds = exponentialDelay(count, error, retryDelay / 2);
      report(milliseconds, error);
      return milliseconds;
    },
    retryCondition(error) {
      // Closing the client breaks the requests in flight.
      if (!mayRetry()) return false;
      const passed = performance.now() - (error.config?.started ?? 0);
      if (passed + retryAfter(error) > patience) return false;
      if (isTimeout(error) && error.config?.retryTimeouts === false) return false;
      const status = error.response?.status;
      if (status === 429 || isNotSent(error)) return true;
      const repeatable = error.config?.repeatable === true;
      // If a proxy refused CONNECT, the request was not sent, so it is safe to retry.
      if (status !== undefined && status >= 300) return isTemporary(error) && (repeatable || refusedByProxy(error));
      return repeatable && !isFinal(error);
    },
    onRetry: (count, _error, config) =>
      onRequest?.({ method: (config.method ?? "get").toUpperCase(), path: config.url ?? "", retry: count }),
  });
}

/** Whether the same request may succeed later. */
function isTemporary(error: AxiosError): boolean {
  const status = error.response?.status ?? 0;
  return [502, 503, 504].includes(status) || (status === 500 && (isLocked(error) || retryAfter(error) > 0));
}

/** With SQLite, Grafana fails a write that waits for another one. */
function isLocked({ response }: AxiosError): boolean {
  return typeof response?.data === "string" && response.data.includes("database is locked");
}
