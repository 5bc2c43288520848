import { z } from "zod";
import { Forbidden, GrafanaError, NotAuthenticated, NotFound, NotGrafana, Unreachable } from "../grafana/errors.ts";
import type { OfDatasource } from "../grafana/said.ts";
import { maskedText } from "../secrets/mask.ts";
import { QueryError } from "./model.ts";

/** What Grafana adds to a query that an expression uses. */
const OF_EXPRESSION = /^\[sse\.\w+\] failed to execute query \[\w+\]: /;

/** Grafana writes the type of Prometheus' error in front of its message. */
const TYPED =
  /^(bad_data|bad_response|canceled|client_error|execution|internal|not_acceptable|not_found|server_error|timeout|unavailable): /;

/** The error of a connection, as Go writes it: the reason follows the address. */
const OF_CONNECTION = /^(?:Get|Head|Post) "[^"]*": (.*)$/s;
const OTHER_STATUS = /^unexpected response with status code (\d+)/;

const UNREACHABLE = /dial tcp|connection refused|no such host|network is unreachable|no route to host/;
const TIMEOUT = /deadline exceeded|Client\.Timeout|timeout awaiting|i\/o timeout|timed out/;
/** Grafana's messages about a response that it can't parse. */
const INCOMPLETE = /unexpected (?:EOF|end of JSON)|couldn't be parsed|invalid character '<'|error found in #\d+ byte/;

/** Converts the error of a request to that of the query. Rethrows any other error. */
export function queryError(error: unknown): QueryError {
  if (error instanceof QueryError) return error;
  if (error instanceof z.ZodError) return new QueryError("response-invalid", "the response has another form");
  if (!(error instanceof GrafanaError)) throw error;
  const message = maskedText(error.said ?? error.message);
  if (error instanceof Unreachable) return new QueryError("datasource-unreachable", message);
  if (error.broken !== undefined)
    return new QueryError(error.broken === "timeout" ? "timeout" : "response-invalid", message);
  if (error instanceof NotFound && /data ?source not found/i.test(message))
    return new QueryError("datasource-missing", message);
  if (error instanceof Forbidden) return new QueryError("permission-missing", message);
  if (error instanceof NotGrafana) return new QueryError("response-invalid", message);
  const isOfProxy = isTimeout(error.status) || isUnreachable(error.status);
  const status = error.ofDatasource.status ?? (isOfProxy ? error.status : undefined);
  return messageError(message, { ...error.ofDatasource, ...(status === undefined ? {} : { status }) });
}

/** The error of a request that Grafana passed on to a datasource. */
export function passedOnError(error: unknown): QueryError {
  if (!(error instanceof NotAuthenticated)) return queryError(error);
  const said = error.said === undefined ? "" : `: ${maskedText(error.said)}`;
  return new QueryError("query-failed", `the datasource rejects the credentials that Grafana has for it${said}`);
}

/** The error of a datasource. Its type and its status tell what failed, because the message can quote values of labels. */
export function messageError(said: string, { status, errorType }: OfDatasource = {}): QueryError {
  const message = maskedText(said).replace(OF_EXPRESSION, "");
  const type = errorType ?? TYPED.exec(message)?.[1];
  if (type !== undefined) return new QueryError(type === "timeout" ? "timeout" : "query-failed", message);
  if (isTimeout(status)) return new QueryError("timeout", message);
  const reason = OF_CONNECTION.exec(message)?.[1];
  if (reason !== undefined) {
    if (UNREACHABLE.test(reason)) return new QueryError("datasource-unreachable", message);
    return new QueryError(TIMEOUT.test(reason) ? "timeout" : "response-invalid", message);
  }
  const other = OTHER_STATUS.exec(message)?.[1];
  if (other !== undefined && isTimeout(Number(other))) return new QueryError("timeout", message);
  if (isUnreachable(other === undefined ? status : Number(other)))
    return new QueryError("datasource-unreachable", message);
  const isRejected = status !== undefined && status >= 400 && status < 500;
  return new QueryError(!isRejected && INCOMPLETE.test(message) ? "response-invalid" : "query-failed", message);
}

function isTimeout(status: number | undefined): boolean {
  return status === 408 || status === 504;
}

/** A proxy in front of a server that doesn't respond. */
function isUnreachable(status: number | undefined): boolean {
  return status === 502 || status === 503;
}
