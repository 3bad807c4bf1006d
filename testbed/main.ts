import { join } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { Cache } from "./cache.js";
import { demo, obstacle, offline } from "./demo.js";
import { install } from "./install.js";
import type { Extra } from "./packages.js";
import type { RootName } from "./roots.js";
import { insideSandbox, runInSandbox } from "./sandbox.js";
import { status } from "./status.js";
import { up } from "./up.js";

/** The testbed's own files; the bundle lies beside their folder in every clone. */
const SOURCES = join(__dirname, "..", "testbed");

const program = new Command("testbed")
  .description("Real hosts on one machine: systemd, Podman and sshd in a sandbox of their own.")
  .enablePositionalOptions();

interface Options {
  readonly with?: Extra;
}

const withExtra = new Option("--with <extra>", "what else to install").choices([
  "ansible",
  "tests",
]);

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

program
  .command("up")
  .description("boot hosts to try things on by hand")
  .addOption(
    new Option("--suite <suite>", "which Debian")
      .choices(["trixie", "forky", "bookworm", "trixie-python"])
      .default("trixie"),
  )
  .option("--count <number>", "how many", positive, 1)
  .action(async (options: { suite: RootName; count: number }) => {
    process.exitCode = insideSandbox()
      ? await up(options)
      : await again(options.suite === "trixie-python" ? ["ansible"] : []);
  });

program
  .command("demo")
  .description("deploy the Senex stack to a host, twice well and once broken")
  .action(async () => {
    if (insideSandbox()) {
      process.exitCode = await demo();
      return;
    }
    const why = await obstacle();
    process.exitCode = why === undefined ? await again([], ["trixie"]) : await offline(why);
  });

program
  .command("status")
  .description("show what is built")
  .action(async () => {
    console.log((await status(await Cache.open())).join("\n"));
  });

program
  .command("clean")
  .description("remove everything that was built")
  .action(async () => {
    await (await Cache.open()).clear();
  });

/** Runs the same command line inside a sandbox. */
async function again(extras: readonly Extra[], suites?: readonly RootName[]): Promise<number> {
  const cache = await Cache.open();
  const supplies = await install(cache, SOURCES, extras, suites);
  return runInSandbox(cache, supplies, [process.execPath, ...process.argv.slice(1)]);
}

function positive(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError("a number from 1 on");
  return number;
}

program.parseAsync().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
