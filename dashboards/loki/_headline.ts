import * as units from "@grafana/grafana-foundation-sdk/units";
import { loki } from "../../datasources/loki.ts";
import { limits } from "../_shared/limits.ts";
import { BAD, logTotal, perHour, shareOf, totalOf, withLevel } from "../_shared/logql.ts";
import { PER_SECOND, stat } from "../_shared/panels.ts";
import { orangeFrom, redFrom } from "../_shared/thresholds.ts";
import { everything } from "./_filters.ts";
import { refused } from "./_security.ts";

export const headline = [
  stat("Log lines", "Received lines per second, in the last five minutes.")
    .datasource(loki.ref)
    .span(6)
    .unit(PER_SECOND)
    .withTarget(logTotal("A", `sum(rate(${everything} [5m])) or vector(0)`, "Lines")),

  stat("Error share", "Share of lines of the levels error, critical and fatal in the whole time range. Red from 5%.")
    .datasource(loki.ref)
    .span(6)
    .unit(units.PercentUnit)
    .decimals(2)
    .thresholds(redFrom(limits.errorLineRatio))
    .withTarget(logTotal("A", shareOf(`${everything} ${withLevel} ${BAD}`, everything), "Errors")),

  stat(
    "Errors",
    "Lines of the levels error, critical and fatal in the whole time range. Whether it is too many, their share shows.",
  )
    .datasource(loki.ref)
    .span(6)
    .unit(units.Short)
    .decimals(0)
    .thresholds(orangeFrom(1))
    .withTarget(logTotal("A", totalOf(`${everything} ${withLevel} ${BAD}`), "Errors")),

  stat(
    "Refused",
    "Lines about denied access per hour, in the whole time range. Red from 20, which is more than users cause by mistake.",
  )
    .datasource(loki.ref)
    .span(6)
    .unit("suffix: /h")
    .decimals(0)
    .thresholds(redFrom(limits.refusals))
    .withTarget(logTotal("A", perHour(refused), "Refused")),
];
