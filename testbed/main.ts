import { join } from "node:path";
import { Command, Option } from "commander";
import { Cache } from "./cache.js";
import { type Extra, install } from "./install.js";
import { runInSandbox } from "./sandbox.js";

/** The testbed's own files; the bundle lies beside their folder in every clone. */
const SOURCES = join(__dirname, "..", "testbed");

const program = new Command("testbed")
  .description("Real hosts on one machine: systemd, Podman and sshd in a sandbox of their own.")
  .enablePositionalOptions();

interface Options {
  readonly with?: Extra;
}

const withExtra = new Option("--with <extra>", "what else to install").choices(["ansible"]);

function extras(options: Options): Extra[] {
  return options.with ? [options.with] : [];
}

program
  .command("install")
  .description("install packages and build what hosts and images are made of, once")
  .addOption(withExtra)
  .action(async (options: Options) => {
    await install(await Cache.open(), SOURCES, extras(options));
  });

program
  .command("run")
  .description("run a command in a sandbox, where it can boot hosts")
  .addOption(withExtra)
  .argument("<command...>", "the command and its arguments")
  .passThroughOptions()
  .action(async (command: string[], options: Options) => {
    const cache = await Cache.open();
    const supplies = await install(cache, SOURCES, extras(options));
    process.exitCode = await runInSandbox(cache, supplies, command);
  });

program.parseAsync().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
