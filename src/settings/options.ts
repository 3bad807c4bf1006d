/**
 * The one table of options. `action.yml`, the command line's help and the table in
 * docs/options.md are written from it (`npm run docs`), so that a name, a default or a
 * sentence of help exists once.
 */

/** How the text of an option is read. */
export type OptionType =
  | "text"
  /** Several lines; on the command line the option may be repeated instead. */
  | "lines"
  /** A whole number. */
  | "integer"
  /** `500ms`, `10s`, `2m`; a bare number is seconds. */
  | "duration"
  | "boolean"
  /** The text itself or, where it names one, the file that holds it. */
  | "text-or-file";

export interface Option {
  readonly name: string;
  readonly group:
    | "What to do"
    | "Where"
    | "How to get in"
    | "Whose units"
    | "What"
    | "How"
    | "What GitHub is told";
  readonly type: OptionType;
  /** One or two sentences for people. */
  readonly help: string;
  /** Said in help where no value is given; options without one are empty by default. */
  readonly default?: string;
  readonly choices?: readonly string[];
  /** Never shown, and read from `QUADLET_DEPLOY_<NAME>` on the command line. */
  readonly secret?: boolean;
  /** Commands that take it; all of them where it is not said. */
  readonly commands?: readonly Command[];
  /** The one door that has it, where not both do. */
  readonly door?: "action" | "cli";
}

export const commands = ["deploy", "plan", "rollback", "render"] as const;
export type Command = (typeof commands)[number];

/** Commands that ship what the repository says, or say what that would change. */
const ships: readonly Command[] = ["deploy", "plan"];
/** Commands that log in on hosts. */
const reaches: readonly Command[] = ["deploy", "plan", "rollback"];

export const options = [
  {
    name: "command",
    group: "What to do",
    type: "text",
    default: "deploy",
    choices: ["deploy", "plan", "rollback"],
    help: "What to do: `deploy` ships the units to the hosts, `plan` says what that would change and changes nothing, `rollback` returns them to a release that they keep.",
    door: "action",
  },
  {
    name: "to",
    group: "What to do",
    type: "text",
    help: "The release to return to. By default the one before the current.",
    commands: ["rollback"],
  },
  {
    name: "offline",
    group: "What to do",
    type: "boolean",
    default: "false",
    help: "Plan against an empty host, without logging in anywhere: the units are rendered and checked, as in a pull request from a fork.",
    commands: ["plan"],
  },
  {
    name: "json",
    group: "What to do",
    type: "boolean",
    default: "false",
    help: "Print the result as JSON on standard output.",
    door: "cli",
  },
  {
    name: "out",
    group: "What to do",
    type: "text",
    help: "The directory to write to.",
    commands: ["render"],
    door: "cli",
  },
  {
    name: "check",
    group: "What to do",
    type: "boolean",
    default: "false",
    help: "Write nothing: list every template with what it uses, and whether it renders.",
    commands: ["render"],
    door: "cli",
  },
  {
    name: "environment",
    group: "Where",
    type: "text",
    help: "A name for where this goes, such as `staging` or `production`. Templates read it as `environment`, and the release records it.",
  },
  {
    name: "host",
    group: "Where",
    type: "lines",
    help: "The host to deploy to, as `[user@]host[:port]`, an IPv6 address in brackets. Several hosts, one a line, are deployed one after the other; the first that fails stops the rest.",
    commands: reaches,
  },
  {
    name: "user",
    group: "Where",
    type: "text",
    help: "The login, where `host` names none.",
    commands: reaches,
  },
  {
    name: "port",
    group: "Where",
    type: "integer",
    default: "22",
    help: "The SSH port, where `host` names none.",
    commands: reaches,
  },
  {
    name: "inventory",
    group: "Where",
    type: "lines",
    help: "An Ansible inventory (YAML, INI, or a directory of them) in place of `host`: its hosts, how they are reached, and their variables, with `group_vars/` and `host_vars/` beside it. Several lines are several sources. See docs/inventory.md.",
  },
  {
    name: "hosts",
    group: "Where",
    type: "text",
    help: "Which hosts of the inventory, as an Ansible pattern such as `staging:&web:!db`. By default those of `environment`.",
  },
  {
    name: "vault-password",
    group: "Where",
    type: "text-or-file",
    secret: true,
    help: "The password of the inventory's `ansible-vault` values and files; several lines are tried in turn.",
  },
  {
    name: "app",
    group: "Where",
    type: "text",
    help: "The name of this deployment on the host, where several apps may live side by side. By default the repository's name.",
  },
  {
    name: "ssh-key",
    group: "How to get in",
    type: "text-or-file",
    secret: true,
    help: "The private key to log in with, in OpenSSH, PEM or PKCS#8 format.",
    commands: reaches,
  },
  {
    name: "ssh-key-passphrase",
    group: "How to get in",
    type: "text",
    secret: true,
    help: "The key's passphrase, if it has one.",
    commands: reaches,
  },
  {
    name: "known-hosts",
    group: "How to get in",
    type: "text-or-file",
    help: "The host's keys, as lines of a known_hosts file (`ssh-keyscan HOST`, compared with what the host's console shows). This or `host-fingerprint` is required: the host key is always verified.",
    commands: reaches,
  },
  {
    name: "host-fingerprint",
    group: "How to get in",
    type: "lines",
    help: "The fingerprint of the host's key (`SHA256:…`, as `ssh-keygen -lf` prints it); several lines allow several keys.",
    commands: reaches,
  },
  {
    name: "jump-host",
    group: "How to get in",
    type: "lines",
    help: "A host to go through, as `[user@]host[:port]`, with the same key; several, one a line or apart by commas, the first first. Its host key is verified by `known-hosts` as well.",
    commands: reaches,
  },
  {
    name: "proxy-command",
    group: "How to get in",
    type: "text",
    help: "A command of the runner whose standard input and output lead to the host's SSH port, in place of a connection; `%h`, `%p` and `%r` stand for host, port and login, as in ssh_config(5).",
    commands: reaches,
  },
  {
    name: "sudo",
    group: "How to get in",
    type: "boolean",
    default: "false",
    help: "Become root with `sudo -n` after logging in, for a login that may do so without a password.",
    commands: reaches,
  },
  {
    name: "connect-timeout",
    group: "How to get in",
    type: "duration",
    default: "20s",
    help: "How long the connection may take.",
    commands: reaches,
  },
  {
    name: "scope",
    group: "Whose units",
    type: "text",
    choices: ["rootful", "rootless"],
    help: "`rootful` units belong to the system's manager, `rootless` ones to a user's. By default rootful when the login is root, or becomes root by the inventory, and no `service-user` is named; else rootless.",
  },
  {
    name: "service-user",
    group: "Whose units",
    type: "text",
    help: "The user who owns rootless units, when the login is root or uses `sudo` (as in `systemctl --user -M senex@`).",
  },
  {
    name: "quadlet-dir",
    group: "Whose units",
    type: "text",
    help: "Where the units go. By default `/etc/containers/systemd`, or `%h/.config/containers/systemd` for rootless units. Templates read it as `quadlet_dir`.",
  },
  {
    name: "app-directory",
    group: "Whose units",
    type: "text",
    help: "Where the application's data lives. By default `/opt/APP`, or the user's home (`%h`) for rootless units. Templates read it as `app_directory`; directories below it that units mount are created.",
  },
  {
    name: "stack",
    group: "What",
    type: "text",
    choices: ["senex"],
    help: "A set of templates that comes with the action. `senex` is PostgreSQL, Redis, an ASGI web service, a Celery worker and Celery beat on one network. Without it nothing built in is deployed.",
  },
  {
    name: "templates",
    group: "What",
    type: "text",
    default: "deployment/ansible/templates/quadlet",
    help: "The directory of the repository's templates and units.",
  },
  {
    name: "overrides",
    group: "What",
    type: "text",
    default: "config/ansible/templates/quadlet",
    help: "A directory whose files replace those of `templates` and `stack`, one by one.",
  },
  {
    name: "units",
    group: "What",
    type: "lines",
    help: "Static unit files, or directories of them, that are deployed as they are, such as `deployment/quadlet/senex-network.network`.",
  },
  {
    name: "variables",
    group: "What",
    type: "text",
    help: "Variables for the templates, as a YAML mapping.",
  },
  {
    name: "image-tag",
    group: "What",
    type: "text",
    help: "The tag to run: `image_tag` in templates, `IMAGE_TAG` in the host's `.env`.",
  },
  {
    name: "image-name",
    group: "What",
    type: "text",
    help: "The image's name, such as `your-org/senex-trader`: `image_name` in templates, `IMAGE_NAME` in `.env`.",
  },
  {
    name: "registry",
    group: "What",
    type: "text",
    help: "The image registry: `registry` in templates, `GITEA_REGISTRY` in `.env`.",
  },
  {
    name: "env",
    group: "What",
    type: "lines",
    secret: true,
    help: "Lines `KEY=value` for the host's `.env`, secrets included. Keys that are on the host and that nothing here names stay as they are.",
  },
  {
    name: "pull",
    group: "How",
    type: "text",
    default: "always",
    choices: ["always", "missing", "never"],
    help: "When images are pulled, before anything else changes: `always` asks the registry, so that a moved tag is noticed; `missing` only where the host lacks the image.",
    commands: ships,
  },
  {
    name: "rollback",
    group: "How",
    type: "boolean",
    default: "true",
    help: "Put everything back when the new release fails. With `false` a release that fails after its services were started stays, to be looked at.",
    commands: reaches,
  },
  {
    name: "restart",
    group: "How",
    type: "text",
    default: "changed",
    choices: ["changed", "all", "none"],
    help: "Which running services restart: those that something `changed` for, `all`, or `none`, so that changes wait for a later deploy or restart. New services start and removed ones stop in any case.",
    commands: ships,
  },
  {
    name: "recreate-networks",
    group: "How",
    type: "boolean",
    default: "false",
    help: "Remove a network whose definition changed and make it anew, where nothing but this app's services uses it; they stop for that. Podman changes no network that exists. Volumes are never removed.",
    commands: ships,
  },
  {
    name: "prune",
    group: "How",
    type: "boolean",
    default: "true",
    help: "Stop and remove units of this app that the repository no longer has. Volumes, networks and data always stay.",
    commands: ships,
  },
  {
    name: "adopt",
    group: "How",
    type: "boolean",
    default: "false",
    help: "Take over files that stand where units of this app go and that it did not put there. They are kept as release `adopted`, to which a rollback returns.",
    commands: ships,
  },
  {
    name: "keep-releases",
    group: "How",
    type: "integer",
    default: "5",
    help: "How many releases stay on the host to go back to, with their images.",
    commands: reaches,
  },
  {
    name: "lock-timeout",
    group: "How",
    type: "duration",
    default: "5m",
    help: "How long to wait for another deploy of the same app on the same host.",
    commands: reaches,
  },
  {
    name: "github-token",
    group: "What GitHub is told",
    type: "text",
    secret: true,
    // biome-ignore lint/suspicious/noTemplateCurlyInString: GitHub expands it
    default: "${{ github.token }}",
    help: "The token for comments (`permissions: pull-requests: write`) and deployments (`permissions: deployments: write`).",
    door: "action",
  },
  {
    name: "comment",
    group: "What GitHub is told",
    type: "text",
    default: "auto",
    choices: ["auto", "true", "false"],
    help: "Whether a plan becomes a comment of the pull request, one for each app and environment, kept up to date. `auto` where the workflow runs for a pull request.",
    door: "action",
  },
  {
    name: "github-deployment",
    group: "What GitHub is told",
    type: "boolean",
    default: "true",
    help: "Record deploys and rollbacks as GitHub deployments of `environment`, where the job has no `environment:` of its own that does so already.",
    door: "action",
  },
  {
    name: "environment-url",
    group: "What GitHub is told",
    type: "text",
    help: "Where the environment can be seen, for the deployment. By default `health-url`, where that is https.",
    door: "action",
  },
  {
    name: "stable-for",
    group: "How",
    type: "duration",
    default: "5s",
    help: "How long the services that were started must stay up, without a restart, before the deploy is green.",
    commands: reaches,
  },
  {
    name: "health-url",
    group: "How",
    type: "text",
    help: "The URL that must answer for the deploy to be green. By default `health-path` on the one port that the units publish.",
    commands: reaches,
  },
  {
    name: "health-path",
    group: "How",
    type: "text",
    default: "/health/",
    help: "The path of that URL.",
    commands: reaches,
  },
  {
    name: "health-from",
    group: "How",
    type: "text",
    default: "host",
    choices: ["host", "runner", "both", "none"],
    help: "Who asks: the `host` itself, the `runner` (through the network, as a user would), `both`, or `none` for an application without HTTP.",
    commands: reaches,
  },
  {
    name: "health-timeout",
    group: "How",
    type: "duration",
    default: "120s",
    help: "How long the application may take to become healthy.",
    commands: reaches,
  },
  {
    name: "health-interval",
    group: "How",
    type: "duration",
    default: "500ms",
    help: "The pause between two health requests.",
    commands: reaches,
  },
  {
    name: "health-successes",
    group: "How",
    type: "integer",
    default: "2",
    help: "How many healthy answers in a row are needed.",
    commands: reaches,
  },
  {
    name: "health-status",
    group: "How",
    type: "text",
    default: "200",
    help: "The HTTP status that counts as healthy; several as `200,204` or `200-299`. Redirects are not followed.",
    commands: reaches,
  },
] as const satisfies readonly Option[];

export type OptionName = (typeof options)[number]["name"];

export interface Output {
  readonly name: string;
  readonly help: string;
}

/** What the action sets for the steps after it. */
export const outputs = [
  { name: "release", help: "The release that the host runs after the deploy." },
  {
    name: "previous-release",
    help: "The release that ran before; empty for the first.",
  },
  { name: "changed", help: "`true` when any file, image or service changed." },
  { name: "restarted", help: "The services that were started or restarted, separated by spaces." },
  {
    name: "rolled-back",
    help: "`true` when the new release failed and everything was put back.",
  },
  { name: "healthy", help: "`true` when the health gate passed." },
  { name: "health-status", help: "The HTTP status of the last health answer." },
  {
    name: "image-digests",
    help: "JSON: for each image that the units use, the digest that the host runs.",
  },
  {
    name: "plan",
    help: "JSON: what `plan` found, as docs/plan.md describes it.",
  },
  { name: "summary", help: "One sentence that says how it ended." },
  { name: "duration", help: "How long it took, in seconds." },
] as const satisfies readonly Output[];

export type OutputName = (typeof outputs)[number]["name"];
