import * as units from "@grafana/grafana-foundation-sdk/units";
import { loki } from "../../datasources/loki.ts";
import { limits } from "../_shared/limits.ts";
import { BAD, logTotal, perHour, shareOf, totalOf, withLevel } from "../_shared/logql.ts";
import { PER_SECOND, stat, upOrDown } from "../_shared/panels.ts";
import { now } from "../_shared/queries.ts";
import { redFrom } from "../_shared/thresholds.ts";
import { everything } from "./_filters.ts";
import { refused } from "./_security.ts";

export const headline = [
  upOrDown("Loki", "Whether Prometheus can scrape Loki. While Loki is down, all other panels have no data.")
    .span(8)
    .withTarget(now("A", 'min(up{job="loki"})', "Loki")),

  stat("Log lines", "Received lines per second, in the last five minutes.")
    .datasource(loki.ref)
    .span(8)
    .unit(PER_SECOND)
    .withTarget(logTotal("A", `sum(rate(${everything} [5m])) or vector(0)`, "Lines")),

  stat("Error share", "Share of lines of the levels error, critical and fatal in the whole time range. Red from 5%.")
    .datasource(loki.ref)
    .span(8)
    .unit(units.PercentUnit)
    .decimals(2)
    .thresholds(redFrom(limits.errorLineRatio))
    .withTarget(logTotal("A", shareOf(`${everything} ${withLevel} ${BAD}`, everything), "Errors")),

  stat(
    "Errors",
    "Lines of the levels error, critical and fatal in the whole time range. Whether it is too many, their share shows.",
  )
    .datasource(loki.ref)
    .span(12)
    .unit(units.Short)
    .decimals(0)
    .withTarget(logTotal("A", totalOf(`${everything} ${withLevel} ${BAD}`), "Errors")),

  stat(
    "Denied access",
    "Lines about denied access per hour, in the whole time range. The row Authentication and security shows when it rises.",
  )
    .datasource(loki.ref)
    .span(12)
    .unit("suffix:/h")
    .decimals(0)
    .withTarget(logTotal("A", perHour(refused), "Denied")),
];
