import { access, readFile } from "node:fs/promises";
import { delimiter, join } from "node:path";

/** The Python that Ansible is installed for: the one in the first line of its program. */
export async function ansiblePython(): Promise<string> {
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    const program = join(folder, "ansible");
    const isThere = await access(program).then(
      () => true,
      () => false,
    );
    if (!isThere) continue;
    const [shebang = ""] = (await readFile(program, "utf8")).split("\n");
    const python = /^#!\s*(\S+)/.exec(shebang)?.[1];
    if (python?.endsWith("python3")) return python;
  }
  throw new Error(
    "ansible is not installed, and it decides what is right here. Install it with " +
      "`node dist/testbed.cjs install --with ansible` or `apt-get install ansible-core`.",
  );
}
