import type { GoObject } from "./go-object.ts";
import { goQuoted, isGoUrl } from "./urls.ts";

/** An integration type of Grafana. */
export interface IntegrationType {
  /** Paths of secret settings. */
  readonly secrets: readonly string[];
  /** Settings by type; all others are strings. */
  readonly flags?: readonly string[];
  readonly textMaps?: readonly string[];
  readonly texts: readonly string[];
  /** The error of settings with valid types. */
  readonly fault: (settings: GoObject) => string | undefined;
}

const tlsSecrets = ["caCertificate", "clientCertificate", "clientKey"];
const telegramModes = ["markdown", "markdownv2", "html", "none"];
const responderTypes = ["team", "teams", "user", "escalation", "schedule"];
const restrictedHeaders = new Set(
  words(
    "host accept-encoding accept-charset content-encoding content-length authorization user-agent transfer-encoding " +
      "connection upgrade trailer te proxy-authorization proxy-authenticate cookie set-cookie referer origin " +
      "x-forwarded-for x-real-ip via forwarded expect keep-alive date max-forwards",
  ),
);

/** All types by the name that Grafana shows. */
export const integrationTypes: Readonly<Record<string, IntegrationType>> = {
  LINE: { secrets: ["token"], texts: words("token title description"), fault: missing("token") },
  dingding: { secrets: ["url"], texts: words("url msgType title message"), fault: missing("url") },
  discord: {
    secrets: ["url"],
    texts: words("title message avatar_url url"),
    flags: ["use_discord_username"],
    fault: missing("url"),
  },
  email: {
    secrets: [],
    texts: words("addresses message subject"),
    flags: ["singleEmail"],
    fault: missing("addresses"),
  },
  googlechat: {
    secrets: ["url"],
    texts: words("url title message"),
    flags: ["hide_open_button", "hide_version_info"],
    fault: missing("url"),
  },
  jira: {
    secrets: ["user", "password", "api_token"],
    texts: words(
      "api_url project summary description priority issue_type reopen_transition resolve_transition wont_fix_resolution reopen_duration dedup_key_field user password api_token",
    ),
    fault: jiraFault,
  },
  kafka: {
    secrets: ["password"],
    texts: words("kafkaRestProxy kafkaTopic description details username password apiVersion kafkaClusterId"),
    fault(settings) {
      const version = settings.text("apiVersion");
      if (!["", "v2", "v3"].includes(version)) return `unsupported api version: ${version}`;
      return missing("kafkaRestProxy", "kafkaTopic", ...(version === "v3" ? ["kafkaClusterId"] : []))(settings);
    },
  },
  mqtt: {
    secrets: ["password", ...tlsSecrets.map((name) => `tlsConfig.${name}`)],
    texts: words("brokerUrl clientId topic message messageFormat username password"),
    flags: ["retain"],
    fault(settings) {
      readTls(settings);
      if (!["", "json", "text"].includes(settings.text("messageFormat"))) return "invalid message format";
      const qos = numberText(settings, "qos");
      if (qos !== "" && !/^[+-]?0*[012]$/.test(qos)) return `invalid QoS level: ${qos}`;
      if (!isGoUrl(settings.text("brokerUrl"))) return "failed to parse broker URL";
      return missing("brokerUrl", "topic")(settings);
    },
  },
  oncall: {
    secrets: ["password", "authorization_credentials"],
    texts: words("url httpMethod authorization_scheme authorization_credentials username password title message"),
    fault: (settings) => missing("url")(settings) ?? authorizationFault(settings),
  },
  opsgenie: {
    secrets: ["apiKey"],
    texts: words("apiKey apiUrl message description sendTagsAs"),
    flags: ["autoClose", "overridePriority"],
    fault: opsgenieFault,
  },
  pagerduty: {
    secrets: ["integrationKey"],
    texts: words("integrationKey severity class component group summary source client client_url url"),
    textMaps: ["details"],
    fault: missing("integrationKey"),
  },
  "prometheus-alertmanager": {
    secrets: ["basicAuthPassword"],
    texts: words("url basicAuthUser basicAuthPassword"),
    fault(settings) {
      const urls = settings
        .text("url")
        .split(",")
        .map((url) => url.trim());
      if (urls.every((url) => url === "")) return "could not find url property in settings";
      return urls.every(isGoUrl) ? undefined : "invalid url property in settings";
    },
  },
  pushover: {
    secrets: ["apiToken", "userKey"],
    texts: words("userKey apiToken device sound okSound title message"),
    flags: ["uploadImage"],
    fault(settings) {
      for (const field of ["priority", "okPriority"]) {
        const priority = numberText(settings, field);
        if (priority !== "" && !/^[+-]?\d+$/.test(priority)) return `${field} is not an integer`;
      }
      return missing("userKey", "apiToken")(settings);
    },
  },
  sensugo: {
    secrets: ["apikey"],
    texts: words("url entity check namespace handler apikey message"),
    fault: missing("url", "apikey"),
  },
  slack: {
    secrets: ["token", "url"],
    texts: words(
      "endpointUrl url token recipient text title username icon_emoji icon_url mentionChannel mentionUsers mentionGroups color footer",
    ),
    fault: slackFault,
  },
  sns: {
    secrets: ["sigv4.access_key", "sigv4.secret_key"],
    texts: words("api_url topic_arn phone_number target_arn subject message"),
    textMaps: ["attributes"],
    fault: snsFault,
  },
  teams: { secrets: [], texts: words("url message title sectiontitle"), fault: missing("url") },
  telegram: {
    secrets: ["bottoken"],
    texts: words("bottoken chatid message_thread_id message parse_mode"),
    flags: ["disable_web_page_preview", "protect_content", "disable_notifications"],
    fault: telegramFault,
  },
  threema: {
    secrets: ["api_secret"],
    texts: words("gateway_id recipient_id api_secret title description"),
    fault(settings) {
      const gateway = settings.text("gateway_id");
      if (!gateway.startsWith("*") || Buffer.byteLength(gateway) !== 8) return "invalid Threema Gateway ID";
      if (Buffer.byteLength(settings.text("recipient_id")) !== 8) return "invalid Threema Recipient ID";
      return missing("api_secret")(settings);
    },
  },
  victorops: { secrets: ["url"], texts: words("url messageType title description"), fault: missing("url") },
  webex: {
    secrets: ["bot_token"],
    texts: words("message room_id api_url bot_token"),
    fault: (settings) => (isGoUrl(settings.text("api_url")) ? undefined : "invalid URL"),
  },
  webhook: {
    secrets: [
      "password",
      "authorization_credentials",
      ...tlsSecrets.map((name) => `tlsConfig.${name}`),
      "hmacConfig.secret",
      "http_config.oauth2.client_secret",
      ...tlsSecrets.map((name) => `http_config.oauth2.tls_config.${name}`),
    ],
    texts: words("url httpMethod authorization_scheme authorization_credentials username password title message"),
    textMaps: ["headers"],
    fault: webhookFault,
  },
  wecom: {
    secrets: ["url", "secret"],
    texts: words("endpointUrl url agent_id corp_id secret msgtype message title touser"),
    fault(settings) {
      if (settings.text("url") !== "") return undefined;
      if (settings.text("secret") === "") return "either url or secret is required";
      return missing("agent_id", "corp_id")(settings);
    },
  },
};

/** Splits names at spaces. */
function words(names: string): string[] {
  return names.split(" ");
}

function missing(...required: string[]): (settings: GoObject) => string | undefined {
  return (settings) => {
    const field = required.find((name) => settings.text(name) === "");
    return field === undefined ? undefined : `could not find ${field} in settings`;
  };
}

/** A number or numeric string. Other values are returned as JSON. */
function numberText(settings: GoObject, field: string): string {
  const value = settings.raw(field);
  return value === undefined ? "" : JSON.stringify(value).replaceAll(/^"+|"+$/g, "");
}

function readTls(settings: GoObject): void {
  const tls = settings.object("tlsConfig");
  for (const name of [...tlsSecrets, "ServerName"]) tls?.text(name);
  tls?.flag("insecureSkipVerify");
}

function authorizationFault(settings: GoObject): string | undefined {
  const all = ["username", "password", "authorization_credentials"].every((name) => settings.text(name) !== "");
  return all ? "both HTTP Basic Authentication and Authorization Header are set, only 1 is permitted" : undefined;
}

function jiraFault(settings: GoObject): string | undefined {
  settings.texts("labels");
  const fields = settings.value("fields");
  if (fields !== undefined && (typeof fields !== "object" || Array.isArray(fields))) return "fields is not an object";
  if (!isGoUrl(settings.text("api_url"))) return "field api_url is not a valid URL";
  if (settings.text("reopen_duration") !== "") settings.duration("reopen_duration");
  const [user, password, token] = ["user", "password", "api_token"].map((name) => settings.text(name));
  if (token === "" && (user === "" || password === "")) return "either token or both user and password must be set";
  if (token !== "" && (user !== "" || password !== "")) return "provided both token and user/password";
  const dedupKey = settings.text("dedup_key_field");
  if (!/^\d*$/.test(dedupKey)) return "dedup_key_field must match the format [0-9]+";
  return missing("api_url", "project", "issue_type")(settings);
}

function opsgenieFault(settings: GoObject): string | undefined {
  if (!["", "tags", "details", "both"].includes(settings.text("sendTagsAs"))) return "invalid value for sendTagsAs";
  for (const responder of settings.objects("responders") ?? []) {
    const named = ["id", "name", "username"].some((name) => responder.text(name) !== "");
    if (!named) return "a responder must have at least one of id, username or name specified";
    const type = responder.text("type").toLowerCase();
    if (!type.includes("{{") && !responderTypes.includes(type)) return "a responder has an unsupported type";
    if (type === "teams" && responder.text("name") === "") return "a responder has type 'teams' but an empty name";
  }
  return missing("apiKey")(settings);
}

function slackFault(settings: GoObject): string | undefined {
  const chatApi = "https://slack.com/api/chat.postMessage";
  const url = settings.text("url") || settings.text("endpointUrl") || chatApi;
  if (!isGoUrl(url)) return `invalid URL ${goQuoted(url)}`;
  if (!["", "here", "channel"].includes(settings.text("mentionChannel"))) return "invalid value for mentionChannel";
  if (url !== chatApi) return undefined;
  if (settings.text("recipient").trim() === "") return "recipient must be specified when using the Slack chat API";
  return settings.text("token") === "" ? "token must be specified when using the Slack chat API" : undefined;
}

function snsFault(settings: GoObject): string | undefined {
  const sigv4 = settings.object("sigv4");
  for (const name of ["region", "profile", "role_arn"]) sigv4?.text(name);
  const arns = ["topic_arn", "target_arn"].map((name) => settings.text(name)).filter((arn) => arn !== "");
  if (arns.some((arn) => !arn.startsWith("arn:") || arn.split(":").length < 6)) return "invalid ARN provided";
  if (arns.length === 0 && settings.text("phone_number") === "") {
    return "must specify topicArn, targetArn, or phone number";
  }
  const keys = ["access_key", "secret_key"].map((name) => (sigv4?.text(name) ?? "") !== "");
  return keys[0] === keys[1] ? undefined : "must specify both access key and secret key";
}

function telegramFault(settings: GoObject): string | undefined {
  const thread = settings.text("message_thread_id");
  if (thread !== "" && (!/^[+-]?\d+$/.test(thread) || Math.trunc(Number(thread)) !== (Number(thread) | 0))) {
    return "message thread id must be an int32";
  }
  const mode = settings.text("parse_mode");
  if (mode !== "" && !telegramModes.includes(mode.toLowerCase())) return "unknown parse_mode";
  return missing("bottoken", "chatid")(settings);
}

function webhookFault(settings: GoObject): string | undefined {
  readTls(settings);
  const hmac = settings.object("hmacConfig");
  for (const name of ["secret", "header", "timestampHeader"]) hmac?.text(name);
  const payload = settings.object("payload");
  payload?.text("template");
  payload?.strings("vars");
  const header = Object.keys(settings.strings("headers") ?? {}).find((name) =>
    restrictedHeaders.has(name.toLowerCase()),
  );
  if (header !== undefined) return `custom headers ["${header}"] are not allowed`;
  return missing("url")(settings) ?? authorizationFault(settings);
}
