import { z } from "zod";
import { Forbidden, GrafanaError, NotAuthenticated, NotFound, NotGrafana, Unreachable } from "../grafana/errors.ts";
import { maskedText } from "../secrets/mask.ts";
import { QueryError } from "./model.ts";

const UNREACHABLE = /dial tcp|connection refused|no such host|connect: |network is unreachable|ECONNREFUSED|ENOTFOUND/i;
const TIMEOUT = /deadline exceeded|timed? ?out|Client\.Timeout|\(ECONNABORTED\)|\(ETIMEDOUT\)/i;
const INCOMPLETE = /unexpected (?:EOF|end of JSON)|not complete JSON|truncated|ECONNRESET|invalid character '<'/i;

/** Converts the error of a request to that of the query. Rethrows any other error. */
export function queryError(error: unknown): QueryError {
  if (error instanceof QueryError) return error;
  if (error instanceof z.ZodError) return new QueryError("response-invalid", "the response has another form");
  if (!(error instanceof GrafanaError)) throw error;
  const message = maskedText(error.said ?? error.message);
  if (error instanceof Unreachable) return new QueryError("datasource-unreachable", message);
  if (error instanceof NotFound && /data ?source not found/i.test(message))
    return new QueryError("datasource-missing", message);
  if (error instanceof Forbidden) return new QueryError("permission-missing", message);
  if (error instanceof NotGrafana) return new QueryError("response-invalid", message);
  return messageError(message);
}

/** The error of a request that Grafana passed on to a datasource. */
export function passedOnError(error: unknown): QueryError {
  if (!(error instanceof NotAuthenticated)) return queryError(error);
  const said = error.said === undefined ? "" : `: ${maskedText(error.said)}`;
  return new QueryError("query-failed", `the datasource rejects the credentials that Grafana has for it${said}`);
}

/** The error for the message of a datasource, which is the only thing that tells what failed. */
export function messageError(said: string): QueryError {
  // What Grafana adds to a query that an expression uses.
  const message = maskedText(said).replace(/^\[sse\.\w+\] failed to execute query \[\w+\]: /, "");
  if (TIMEOUT.test(message)) return new QueryError("timeout", message);
  if (UNREACHABLE.test(message)) return new QueryError("datasource-unreachable", message);
  if (INCOMPLETE.test(message)) return new QueryError("response-invalid", message);
  return new QueryError("query-failed", message);
}
