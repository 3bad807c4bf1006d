import { expect, it } from "vitest";
import { Bed } from "../../testbed/bed.js";
import { REGISTRY } from "../../testbed/network.js";
import { access, places, runAction, stack, templates, Workspace } from "./support.js";

/** The guide's `web.container.j2`, to the letter, beside a database and a broker of the stack. */
const guide = `[Container]
Image=\${GITEA_REGISTRY}/\${IMAGE_NAME}:\${IMAGE_TAG}
ContainerName=web
EnvironmentFile={{ quadlet_dir }}/.env
Exec=web
Volume={{ app_directory }}/data/staticfiles:/app/staticfiles:U
PublishPort=0.0.0.0:8000:8000
Network=senex-network.network

[Service]
Restart=always
RestartSec=10s
TimeoutStartSec=120
`;

it("the guide's own web.container.j2 deploys and runs as it is written there", async () => {
  await using bed = await Bed.open();
  const { address } = await bed.registry();
  await using host = await bed.boot();
  const data = (name: string, image: string, rest: string) =>
    `[Container]\nImage=${address}/${image}\nContainerName=${name}\nNetwork=senex-network.network\n${rest}`;
  using workspace = new Workspace({
    [`${templates}/web.container.j2`]: guide,
    [`${templates}/postgres.container`]: data(
      "postgres",
      "postgres:15-alpine",
      "Environment=POSTGRES_USER=senex POSTGRES_DB=senex\nEnvironmentFile=%h/.config/containers/systemd/.env\n",
    ),
    [`${templates}/redis.container`]: data("redis", "redis:7-alpine", ""),
    "deployment/quadlet/senex-network.network": "[Network]\nNetworkName=senex-network\n",
  });
  const { stack: _, variables: __, ...inputs } = stack("v1");
  const run = await runAction(
    {
      ...access(bed, host, "root"),
      ...inputs,
      "service-user": "senex",
      units: "deployment/quadlet/senex-network.network",
    },
    workspace,
  );
  expect(run.code, run.log).toBe(0);
  expect(run.outputs["health-status"]).toBe("200");
  const { quadlet, systemd } = places.rootless;
  expect(await host.ok(`cat ${quadlet}/web.container`)).toContain(
    "EnvironmentFile=%h/.config/containers/systemd/.env",
  );
  // systemd expands ${…} from [Service] environment alone, which the guide's unit does not have.
  expect(await host.ok(`cat ${systemd}/web.service.d/quadlet-deploy.conf`)).toContain(
    "[Service]\nEnvironmentFile=%h/.config/containers/systemd/.env\n",
  );
  const images = await host.ok("podman ps --format '{{.Names}} {{.Image}}'", { user: "senex" });
  expect(images).toContain(`web ${REGISTRY}/senex/senex-trader:v1`);
});
