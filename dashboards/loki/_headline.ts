import * as units from "@grafana/grafana-foundation-sdk/units";
import { loki } from "../../datasources/loki.ts";
import { limits } from "../_shared/limits.ts";
import { BAD, countOf, logMetric, logTotal, totalOf, withLevel } from "../_shared/logql.ts";
import { stat } from "../_shared/panels.ts";
import { redFrom } from "../_shared/thresholds.ts";
import { everything } from "./_filters.ts";
import { refused } from "./_security.ts";

export const headline = [
  stat("Log lines", "Received lines per second.")
    .datasource(loki.ref)
    .span(6)
    .unit(units.EventsPerSecond)
    .noValue("No logs")
    .withTarget(logMetric("A", `sum(rate(${everything} [$__auto]))`, "Lines")),

  stat("Share of errors", "Share of lines of the levels error, critical and fatal. Red from 5%.")
    .datasource(loki.ref)
    .span(6)
    .unit(units.PercentUnit)
    .decimals(2)
    .thresholds(redFrom(limits.errorLineRatio))
    .noValue("No errors")
    .withTarget(logMetric("A", `${countOf(`${everything} ${withLevel} ${BAD}`)} / ${countOf(everything)}`, "Errors")),

  stat("Errors", "Lines of the levels error, critical and fatal in the whole time range.")
    .datasource(loki.ref)
    .span(6)
    .unit(units.Short)
    .decimals(0)
    .thresholds(redFrom(1))
    .noValue("None")
    .withTarget(logTotal("A", totalOf(`${everything} ${withLevel} ${BAD}`), "Errors")),

  stat(
    "Refused",
    "Lines about denied access in the whole time range. Red from 20, which is more than users cause by mistake.",
  )
    .datasource(loki.ref)
    .span(6)
    .unit(units.Short)
    .decimals(0)
    .thresholds(redFrom(limits.refusals))
    .noValue("None")
    .withTarget(logTotal("A", totalOf(refused), "Refused")),
];
