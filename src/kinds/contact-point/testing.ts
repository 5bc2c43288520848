import { z } from "zod";
import type { TestingFacet, TestResult } from "../../engine/test-messages.ts";
import type { KindContext } from "../../engine/kind-context.ts";
import { ask } from "../../grafana/ask.ts";
import { GrafanaError, NotFound, UnsupportedGrafana } from "../../grafana/errors.ts";
import { maskedText } from "../../secrets/mask.ts";
import { EXIT } from "../../util/errors.ts";
import { similar } from "../../util/similar.ts";
import { withoutPaths } from "../../util/without-paths.ts";

const GROUP = "/apis/notifications.alerting.grafana.app/v0alpha1";

const Resources = z.looseObject({ resources: z.array(z.looseObject({ name: z.string() })) });

const Integration = z.looseObject({ uid: z.string().default(""), type: z.string() });

const Receivers = z.looseObject({
  items: z.array(
    z.looseObject({
      metadata: z.looseObject({ name: z.string() }),
      spec: z.looseObject({ title: z.string(), integrations: z.array(Integration).nullish() }),
    }),
  ),
});

const Answer = z.looseObject({ status: z.string(), error: z.string().optional() });

/** Marks the message as a test, for everybody who gets it. */
function alertOf(name: string) {
  return {
    labels: { alertname: "Test of a contact point", contact_point: name },
    annotations: {
      summary: `This is a test of the contact point "${name}", sent with grafana-provision. No action is needed.`,
    },
  };
}

/** Grafana sends the message with the settings and the secrets that it stores. */
export const testing: TestingFacet = {
  async senders(context, id) {
    const { client, namespace, version } = context.grafana;
    if (namespace === undefined || !(await isServed(context)))
      throw new UnsupportedGrafana(`Grafana ${version} has no API with which contact points can be tested`, {
        exitCode: EXIT.unsupportedGrafana,
        hint: "Upgrade to Grafana 12.4, or send a test message from the page of the contact point.",
      });
    const path = `${GROUP}/namespaces/${namespace}/receivers`;
    const { items } = await ask(client, { method: "GET", path }, Receivers);
    const found = items.find(({ spec }) => spec.title === id);
    if (!found)
      throw missing(
        id,
        items.map(({ spec }) => spec.title),
      );
    const { metadata, spec } = found;
    return (spec.integrations ?? []).map((integration) => ({
      type: integration.type,
      async send(): Promise<TestResult> {
        const { uid, type } = integration;
        const request = {
          method: "POST",
          path: `${path}/${encodeURIComponent(metadata.name)}/test`,
          body: { integration, alert: alertOf(id) },
          repeatable: false,
        } as const;
        try {
          const { status, error = "" } = await ask(client, request, Answer);
          if (status === "success") return { uid, type, status: "sent" };
          return { uid, type, status: "failed", error: shown(context, error || `Grafana reports ${status}`) };
        } catch (error) {
          if (!(error instanceof GrafanaError)) throw error;
          return { uid, type, status: "failed", error: shown(context, error.said ?? error.message) };
        }
      },
    }));
  },
};

/** Grafana's error can contain the stored address, whose path is often the secret. */
function shown({ secrets }: KindContext, error: string): string {
  return withoutPaths(secrets.redacted(maskedText(error)));
}

async function isServed({ grafana: { client } }: KindContext): Promise<boolean> {
  try {
    const { resources } = await ask(client, { method: "GET", path: GROUP }, Resources);
    return resources.some(({ name }) => name === "receivers/test");
  } catch (error) {
    if (error instanceof NotFound) return false;
    throw error;
  }
}

function missing(name: string, names: readonly string[]): NotFound {
  const suggestion = similar(name, names);
  return new NotFound(`Grafana has no contact point "${name}"`, {
    exitCode: EXIT.failure,
    hint:
      suggestion === undefined
        ? "Check the name, and apply the contact point first."
        : `Did you mean "${suggestion}"? Otherwise apply the contact point first.`,
  });
}
