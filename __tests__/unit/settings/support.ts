import { type DeployError, deployErrors } from "../../../src/errors.js";
import { readSettings } from "../../../src/settings/read.js";
import type {
  Content,
  DeploySettings,
  RawOptions,
  Settings,
} from "../../../src/settings/settings.js";

/** The errors that a user reads when `work` fails; a failure of another kind is a fault. */
export function errorsOf(work: () => unknown): readonly DeployError[] {
  try {
    work();
  } catch (error) {
    const errors = deployErrors(error);
    if (errors.length === 0) throw error;
    return errors;
  }
  throw new Error("it did not fail");
}

export function messagesOf(work: () => unknown): readonly string[] {
  return errorsOf(work).map((error) => error.message);
}

/** What every deploy has to say. */
export const required: RawOptions = {
  host: "root@web.example.com",
  "ssh-key": "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA",
  "known-hosts": "web.example.com ssh-ed25519 AAAA",
};

export const around = { workspace: "/repo", repository: "senex/Senex-Trader" };

export function deploySettings(raw: RawOptions): DeploySettings {
  return settingsOf({ ...required, ...raw }) as DeploySettings;
}

export function settingsOf(raw: RawOptions): Settings {
  return readSettings({ command: "deploy", ...raw }, around);
}

export function contentOf(raw: RawOptions, workspace = around.workspace): Content {
  return readSettings({ command: "deploy", ...required, app: "shop", ...raw }, { workspace })
    .content;
}
