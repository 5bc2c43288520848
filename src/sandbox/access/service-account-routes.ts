import type { Context } from "hono";
import { createHash } from "node:crypto";
import type { Routes } from "../context.ts";
import { ApiError, legacyError } from "../errors.ts";
import { readObject, reply } from "../http.ts";
import { text, type JsonObject } from "../json.ts";
import { roleOf, type ServiceAccount, type ServiceAccounts } from "./service-accounts.ts";

const path = "/api/serviceaccounts";
const onePath = `${path}/:id{[0-9]+}`;

export function serviceAccountRoutes(accounts: ServiceAccounts): Routes {
  const find = (c: Context): ServiceAccount => {
    const account = accounts.get(Number(c.req.param("id")));
    if (account === undefined) throw failure(404, "serviceaccounts.ErrNotFound", "service account not found");
    return account;
  };
  return (app) => {
    app.get(`${path}/search`, (c) => {
      const query = (c.req.query("query") ?? "").toLowerCase();
      const perPage = Number(c.req.query("perpage") ?? 1000) || 1000;
      const page = Number(c.req.query("page") ?? 1) || 1;
      const found = accounts.all().filter(({ name, login }) => `${name} ${login}`.toLowerCase().includes(query));
      const shown = found.slice((page - 1) * perPage, page * perPage);
      return reply(200, {
        totalCount: found.length,
        serviceAccounts: shown.map((account) => ({
          ...form(account),
          tokens: account.tokens.length,
          avatarUrl: avatarOf(account),
        })),
        page,
        perPage,
      });
    });
    app.post(path, async (c) => {
      const body = await readObject(c);
      const role = body["role"] === undefined ? "Viewer" : roleOf(body["role"]);
      const name = text(body["name"]).trim();
      if (name === "") throw failure(400, "serviceaccounts.ErrInvalidName", "Invalid service account name");
      if (role === undefined) throw failure(400, "serviceaccounts.ErrInvalidRoleSpecified", "invalid role specified");
      if (accounts.all().some((account) => account.name === name)) {
        throw failure(400, "serviceaccounts.ErrAlreadyExists", "service account already exists");
      }
      const created = await accounts.create(name, role, body["isDisabled"] === true);
      return reply(201, { ...form(created), tokens: 0, avatarUrl: "" });
    });
    app.get(onePath, (c) => reply(200, profile(find(c))));
    app.patch(onePath, async (c) => {
      const account = find(c);
      const body = await readObject(c);
      const role = body["role"] === undefined ? account.role : roleOf(body["role"]);
      if (role === undefined) throw failure(400, "serviceaccounts.ErrInvalidRoleSpecified", "invalid role specified");
      const isDisabled = typeof body["isDisabled"] === "boolean" ? body["isDisabled"] : account.isDisabled;
      const name = text(body["name"]) || account.name;
      const changed = { ...account, name, role, isDisabled, updated: new Date().toISOString() };
      await accounts.store(changed);
      const { id } = changed;
      // Grafana's response has no token count here.
      const serviceaccount = profile({ ...changed, tokens: [] });
      return reply(200, { id, message: "Service account updated", name, serviceaccount });
    });
    app.delete(onePath, async (c) => {
      await accounts.remove(find(c).id);
      return reply(200, { message: "Service account deleted" });
    });
    app.get(`${onePath}/tokens`, (c) =>
      reply(
        200,
        find(c).tokens.map(({ id, name, created, expires }) => ({
          id,
          name,
          created,
          lastUsedAt: null,
          expiration: expires ?? null,
          secondsUntilExpiration: expires === undefined ? 0 : (Date.parse(expires) - Date.now()) / 1000,
          hasExpired: expires !== undefined && Date.parse(expires) < Date.now(),
          isRevoked: false,
        })),
      ),
    );
    app.post(`${onePath}/tokens`, async (c) => {
      const account = find(c);
      const body = await readObject(c);
      const name = text(body["name"]);
      if (name === "") throw legacyError(400, "Failed to add service account token: token name is empty");
      if (account.tokens.some((token) => token.name === name)) {
        throw failure(
          400,
          "serviceaccounts.ErrTokenAlreadyExists",
          "service account token with given name already exists in the organization",
        );
      }
      const seconds = typeof body["secondsToLive"] === "number" ? body["secondsToLive"] : 0;
      const { token, key } = await accounts.addToken(account, name, seconds);
      return reply(200, { id: token.id, name, key });
    });
    app.delete(`${onePath}/tokens/:token`, async (c) => {
      const account = find(c);
      const id = Number(c.req.param("token"));
      if (account.tokens.every((token) => token.id !== id)) {
        throw failure(404, "serviceaccounts.ErrTokenNotFound", "service account token not found");
      }
      await accounts.store({ ...account, tokens: account.tokens.filter((token) => token.id !== id) });
      return reply(200, { message: "Service account token deleted" });
    });
  };
}

function avatarOf({ name }: ServiceAccount): string {
  const address = `${name.replaceAll(/[^a-zA-Z0-9]/g, "")}@localhost`;
  return `/avatar/${createHash("md5").update(address.toLowerCase()).digest("hex")}`;
}

function form({ id, uid, name, login, isDisabled, role }: ServiceAccount): JsonObject {
  return { id, uid, name, login, orgId: 1, isDisabled, role };
}

function profile(account: ServiceAccount): JsonObject {
  const { created, updated } = account;
  const tokens = account.tokens.length;
  return {
    ...form(account),
    createdAt: `${created.slice(0, 19)}Z`,
    updatedAt: `${updated.slice(0, 19)}Z`,
    avatarUrl: avatarOf(account),
    ...(tokens === 0 ? {} : { tokens }),
    teams: null,
  };
}

function failure(status: number, messageId: string, message: string): ApiError {
  return new ApiError(status, { statusCode: status, messageId, message }, message);
}
