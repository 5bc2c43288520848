/**
 * Permissions of the basic roles, as listed by `GET /api/access-control/user/permissions` of a new Grafana 12.4.0. A role
 * includes all previous roles. A scope is listed once for each role that grants it.
 */

const none = `
folders:read folders:uid:sharedwithme
`;

const viewer = `
alert.instances.external:read datasources:*
alert.instances:read -
alert.notifications.external:read datasources:*
alert.notifications.receivers:list -
alert.notifications.receivers:read receivers:*
alert.notifications.routes:read -
alert.notifications.templates:read -
alert.notifications.time-intervals:read - -
alert.notifications:read -
alert.rules.external:read datasources:*
alert.rules:read folders:*
alert.silences:read folders:*
annotations:read annotations:*
datasources.id:read datasources:*
datasources:query datasources:* datasources:uid:grafana
datasources:read datasources:* datasources:uid:grafana
folders:read folders:uid:general
library.panels:read folders:uid:general
orgs.quotas:read -
orgs:read -
plugins.app:access plugins:*
provisioning.repositories:read -
provisioning.settings:read -
snapshots:read -
`;

const editor = `
alert.instances.external:read datasources:*
alert.instances.external:write datasources:*
alert.instances:create -
alert.instances:read -
alert.instances:write -
alert.notifications.external:read datasources:*
alert.notifications.external:write datasources:*
alert.notifications.receivers.test:create receivers:type:new receivers:*
alert.notifications.receivers:create -
alert.notifications.receivers:delete receivers:*
alert.notifications.receivers:list -
alert.notifications.receivers:read receivers:* receivers:*
alert.notifications.receivers:test -
alert.notifications.receivers:write receivers:*
alert.notifications.routes:read - -
alert.notifications.routes:write -
alert.notifications.templates.test:write -
alert.notifications.templates:delete -
alert.notifications.templates:read - -
alert.notifications.templates:write -
alert.notifications.time-intervals:delete -
alert.notifications.time-intervals:read - - -
alert.notifications.time-intervals:write -
alert.notifications:read -
alert.notifications:write -
alert.provisioning.provenance:write -
alert.rules.external:read datasources:*
alert.rules.external:write datasources:*
alert.rules:create folders:*
alert.rules:delete folders:*
alert.rules:read folders:*
alert.rules:write folders:*
alert.silences:create folders:*
alert.silences:read folders:*
alert.silences:write folders:*
annotations:create annotations:*
annotations:delete annotations:*
annotations:write annotations:*
dashboards:create folders:uid:general
datasources:explore -
folders:create folders:uid:general
folders:read folders:uid:general folders:uid:general
library.panels:create folders:uid:general folders:uid:general
library.panels:delete folders:uid:general
library.panels:read folders:uid:general
library.panels:write folders:uid:general
snapshots:create -
snapshots:delete -
`;

const admin = `
advisor.checks:create advisor.checks:*
advisor.checks:delete advisor.checks:*
advisor.checks:read advisor.checks:* advisor.checks:*
advisor.checks:write advisor.checks:*
advisor.checktypes:create advisor.checktypes:*
advisor.checktypes:delete advisor.checktypes:*
advisor.checktypes:read advisor.checktypes:* advisor.checktypes:*
advisor.checktypes:write advisor.checktypes:*
advisor.register:create advisor.register:*
alert.instances.external:read datasources:*
alert.instances.external:write datasources:*
alert.instances:create -
alert.instances:read -
alert.instances:write -
alert.notifications.external:read datasources:*
alert.notifications.external:write datasources:*
alert.notifications.provisioning:read - -
alert.notifications.provisioning:write -
alert.notifications.receivers.protected:write receivers:*
alert.notifications.receivers.secrets:read receivers:*
alert.notifications.receivers.test:create receivers:type:new receivers:*
alert.notifications.receivers:create -
alert.notifications.receivers:delete receivers:*
alert.notifications.receivers:list -
alert.notifications.receivers:read receivers:* receivers:*
alert.notifications.receivers:test -
alert.notifications.receivers:write receivers:*
alert.notifications.routes:read - -
alert.notifications.routes:write -
alert.notifications.templates.test:write -
alert.notifications.templates:delete -
alert.notifications.templates:read - -
alert.notifications.templates:write -
alert.notifications.time-intervals:delete -
alert.notifications.time-intervals:read - - -
alert.notifications.time-intervals:write -
alert.notifications:read -
alert.notifications:write -
alert.provisioning.secrets:read -
alert.provisioning:read - -
alert.provisioning:write -
alert.rules.external:read datasources:*
alert.rules.external:write datasources:*
alert.rules.provisioning:read - -
alert.rules.provisioning:write -
alert.rules:create folders:*
alert.rules:delete folders:*
alert.rules:read folders:*
alert.rules:write folders:*
alert.silences:create folders:*
alert.silences:read folders:*
alert.silences:write folders:*
annotations:create annotations:type:organization folders:*
annotations:delete annotations:type:organization folders:*
annotations:read annotations:type:organization folders:*
annotations:write annotations:type:organization folders:*
dashboards.permissions:read dashboards:* dashboards:* dashboards:* folders:*
dashboards.permissions:write dashboards:* dashboards:* folders:*
dashboards.public:write dashboards:*
dashboards:create folders:* folders:*
dashboards:delete dashboards:* folders:*
dashboards:read dashboards:* dashboards:* folders:* folders:*
dashboards:write dashboards:* folders:*
datasources:create -
datasources:delete datasources:*
datasources:query datasources:*
datasources:read datasources:*
datasources:write datasources:*
featuremgmt.read -
featuremgmt.write -
folders.permissions:read folders:* folders:*
folders.permissions:write folders:*
folders:create folders:*
folders:delete folders:*
folders:read folders:* folders:* folders:*
folders:write folders:*
library.panels:create folders:*
library.panels:delete folders:*
library.panels:read folders:* folders:*
library.panels:write folders:*
org.users:add users:*
org.users:read users:* users:* users:*
org.users:remove users:*
org.users:write users:*
orgs.preferences:read -
orgs.preferences:write -
orgs.quotas:read -
orgs:read -
orgs:write -
plugins:write plugins:*
provisioning.connections:create -
provisioning.connections:delete -
provisioning.connections:read - -
provisioning.connections:write -
provisioning.historicjobs:read -
provisioning.jobs:create -
provisioning.jobs:delete -
provisioning.jobs:read - -
provisioning.jobs:write -
provisioning.repositories:create -
provisioning.repositories:delete -
provisioning.repositories:read -
provisioning.repositories:write -
provisioning.stats:read -
receivers.permissions:read receivers:* receivers:* receivers:*
receivers.permissions:write receivers:* receivers:*
secret.keepers:create secret.keepers:*
secret.keepers:delete secret.keepers:*
secret.keepers:read secret.keepers:* secret.keepers:*
secret.keepers:write secret.keepers:*
secret.securevalues:create secret.securevalues:*
secret.securevalues:delete secret.securevalues:*
secret.securevalues:read secret.securevalues:*
secret.securevalues:write secret.securevalues:*
serviceaccounts.permissions:read serviceaccounts:* serviceaccounts:* serviceaccounts:*
serviceaccounts.permissions:write serviceaccounts:* serviceaccounts:*
serviceaccounts:create - -
serviceaccounts:delete serviceaccounts:*
serviceaccounts:read serviceaccounts:* serviceaccounts:*
serviceaccounts:write serviceaccounts:*
teams.permissions:read teams:* teams:* teams:*
teams.permissions:write teams:* teams:*
teams:create - -
teams:delete teams:*
teams:read teams:*
teams:write teams:*
users.permissions:read users:* users:*
`;

const serverAdmin = `
ldap.config:reload -
ldap.status:read - -
ldap.user:read - -
ldap.user:sync -
migrationassistant:migrate -
org.users:add users:*
org.users:read users:* users:*
org.users:remove users:*
org.users:write users:*
orgs.quotas:read - -
orgs.quotas:write -
orgs:create -
orgs:delete -
orgs:read - -
orgs:write -
plugins:install -
provisioning:reload provisioners:*
server.stats:read -
server.usagestats.report:read -
settings:read settings:* settings:auth.saml:* settings:auth.azuread:* settings:auth.okta:* settings:auth.github:* settings:auth.gitlab:* settings:auth.google:* settings:auth.generic_oauth:* settings:auth.ldap:* settings:auth.scim:* settings:auth:oauth_allow_insecure_email_lookup
settings:write settings:auth.saml:* settings:auth.azuread:* settings:auth.okta:* settings:auth.github:* settings:auth.gitlab:* settings:auth.google:* settings:auth.generic_oauth:* settings:auth.ldap:* settings:auth.scim:* settings:auth:oauth_allow_insecure_email_lookup
support.bundles:create -
support.bundles:delete -
support.bundles:read - -
users.authtoken:read global.users:* global.users:*
users.authtoken:write global.users:*
users.password:write global.users:*
users.permissions:read users:* users:*
users.permissions:write global.users:*
users.quotas:read global.users:* global.users:*
users.quotas:write global.users:*
users:create -
users:delete global.users:*
users:disable global.users:*
users:enable global.users:*
users:logout global.users:*
users:read global.users:* global.users:*
users:write global.users:*
`;

/** Roles in ascending order. */
export const roles = ["None", "Viewer", "Editor", "Admin", "ServerAdmin"] as const;

export type Role = (typeof roles)[number];

/** Scopes by action. */
export type Permissions = Readonly<Record<string, readonly string[]>>;

const tables: Record<Role, Permissions> = (() => {
  const result = new Map<Role, Permissions>();
  const lines: string[] = [];
  for (const [index, own] of [none, viewer, editor, admin, serverAdmin].entries()) {
    lines.push(...own.trim().split("\n"));
    result.set(roles[index] ?? "None", tableOf(lines));
  }
  return Object.fromEntries(result) as Record<Role, Permissions>;
})();

/** The permissions of a role, without those on folders and dashboards. */
export function permissionsOfRole(role: Role): Permissions {
  return tables[role];
}

/** The permissions of a server administrator in an organization that does not exist. */
export const permissionsOfStranger: Permissions = tableOf([none, serverAdmin].join("").trim().split(/\n+/));

function tableOf(lines: readonly string[]): Permissions {
  const table = new Map<string, string[]>();
  for (const line of lines) {
    const [action = "", ...scopes] = line.split(" ");
    // A dash is a permission without a scope.
    const own = scopes.map((scope) => (scope === "-" ? "" : scope));
    table.set(action, [...(table.get(action) ?? []), ...own]);
  }
  return Object.fromEntries([...table].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
