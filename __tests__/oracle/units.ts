/** Units of our own, good and bad, for the local check and for Podman's generators. */

export interface Case {
  readonly name: string;
  /** The set, by path: `web.container`, `systemd/web.service.d/a.conf`. */
  readonly files: Readonly<Record<string, string>>;
  /** The Podman that it takes, where 5.4 does not do. */
  readonly podman?: "5.8";
  /** What the local check says of it, where it is bad. */
  readonly rule?: string;
  /** Whether it is for a user's manager. */
  readonly rootless?: boolean;
}

const image = "Image=registry.example/shop/web:1.2.3";
const container = (...lines: readonly string[]) => `[Container]\n${image}\n${lines.join("\n")}\n`;
const plain = container();

/** A container with one more key each. */
const containerKeys = [
  "AddCapability=CAP_NET_BIND_SERVICE CAP_CHOWN",
  "AddDevice=-/dev/null",
  "AddHost=db.internal:10.0.0.7",
  "Annotation=example.owner=shop",
  "AutoUpdate=registry",
  "CgroupsMode=split",
  "ContainerName=shop-web",
  "DNS=10.0.0.2",
  "DNSOption=ndots:1",
  "DNSSearch=internal",
  "DropCapability=ALL",
  "Entrypoint=/usr/bin/serve",
  'Environment=MODE=live "GREETING=good day"',
  "EnvironmentFile=./web.env",
  "EnvironmentFile=/opt/shop/web.env",
  "EnvironmentHost=true",
  'Exec=serve --port 8000 --name "the shop"',
  "ExposeHostPort=8000",
  "GIDMap=0:10000:10",
  "GlobalArgs=--log-level=warn",
  "User=1000\nGroup=1000",
  "GroupAdd=keep-groups",
  "HealthCmd=curl -f http://127.0.0.1:8000/health/",
  "HealthInterval=30s",
  "HealthLogDestination=local",
  "HealthMaxLogCount=5",
  "HealthMaxLogSize=500",
  "HealthOnFailure=kill",
  "HealthRetries=3",
  "HealthStartPeriod=1m",
  "HealthStartupCmd=true",
  "HealthStartupInterval=10s",
  "HealthStartupRetries=9",
  "HealthStartupSuccess=1",
  "HealthStartupTimeout=5s",
  "HealthTimeout=5s",
  "HostName=web.internal",
  "Label=org.example.team=shop",
  "LogDriver=journald",
  "LogOpt=tag=web",
  "Mask=/proc/acpi:/sys/firmware",
  "Mount=type=tmpfs,destination=/scratch",
  "Network=host",
  "Network=pasta",
  "NetworkAlias=web",
  "NoNewPrivileges=true",
  "Notify=true",
  "Notify=healthy",
  "PidsLimit=500",
  "PodmanArgs=--cpus 1.5",
  "PublishPort=8000:8000",
  "PublishPort=127.0.0.1:8001:8000/tcp",
  "PublishPort=[::1]:8002:8000",
  "Pull=missing",
  "ReadOnly=true",
  "ReadOnlyTmpfs=false",
  "RunInit=true",
  "SeccompProfile=/etc/containers/seccomp.json",
  "Secret=db-password,type=env,target=DB_PASSWORD",
  "SecurityLabelDisable=true",
  "ShmSize=128m",
  "StopSignal=SIGINT",
  "StopTimeout=20",
  "SubGIDMap=shop",
  "SubUIDMap=shop",
  "Sysctl=net.ipv4.ip_unprivileged_port_start=80",
  "Timezone=Europe/Berlin",
  "Tmpfs=/tmp:size=64m",
  "UIDMap=0:10000:10",
  "Ulimit=nofile=1000:10000",
  "Unmask=ALL",
  "User=1000",
  "UserNS=keep-id:uid=1000,gid=1000",
  "Volume=/opt/shop/data:/data:U",
  "Volume=%h/data:/data",
  "Volume=./conf:/etc/shop:ro",
  "WorkingDir=/srv",
];

const sets: readonly Case[] = [
  { name: "a container", files: { "web.container": plain } },
  {
    name: "with comments and a line that goes on",
    files: {
      "web.container": `# the shop\n; of ours\n[Container]\n${image}\nExec=serve \\\n  --port 8000\n`,
    },
  },
  { name: "a template", files: { "worker@.container": container("Exec=work %i") } },
  {
    name: "an instance",
    files: {
      "worker@.container": container("Exec=work %i"),
      "worker@a.container": container("Exec=work a"),
    },
  },
  {
    name: "a template with a default instance",
    files: {
      "w@.container": `${plain}[Install]\nDefaultInstance=one\nWantedBy=multi-user.target\n`,
    },
  },
  { name: "ServiceName=", files: { "web.container": container("ServiceName=shop") } },
  {
    name: "by a variable",
    files: {
      "web.container":
        // biome-ignore lint/suspicious/noTemplateCurlyInString: systemd expands it
        "[Container]\nImage=${REGISTRY}/web:${TAG}\n[Service]\nEnvironmentFile=/opt/shop/.env\n",
    },
  },
  {
    name: "one shot",
    files: { "job.container": `${plain}[Service]\nType=oneshot\nRemainAfterExit=yes\n` },
  },
  {
    name: "restarts",
    files: {
      "web.container": `${plain}[Service]\nRestart=on-failure\nRestartSec=5\nTimeoutStartSec=300\n`,
    },
  },
  {
    name: "at boot",
    files: { "web.container": `${plain}[Install]\nWantedBy=multi-user.target default.target\n` },
  },
  { name: "sections of one's own", files: { "web.container": `${plain}[X-Shop]\nOwner=me\n` } },
  {
    name: "[Quadlet]",
    files: { "web.container": `${plain}[Quadlet]\nDefaultDependencies=false\n` },
  },
  { name: "a network", files: { "shop.network": "[Network]\n" } },
  {
    name: "a network with everything",
    files: {
      "shop.network":
        "[Network]\nNetworkName=shop\nDriver=bridge\nSubnet=10.9.0.0/24\nGateway=10.9.0.1\nIPRange=10.9.0.128/25\nInternal=true\nIPv6=true\nLabel=a=b\nOptions=mtu=1400\nDNS=10.9.0.2\nDisableDNS=false\nIPAMDriver=host-local\n",
    },
  },
  {
    name: "on a network",
    files: { "web.container": container("Network=shop.network"), "shop.network": "[Network]\n" },
  },
  {
    name: "on a network, with an address",
    files: {
      "web.container": container("Network=shop.network:ip=10.9.0.7"),
      "shop.network": "[Network]\nSubnet=10.9.0.0/24\n",
    },
  },
  {
    name: "in another's network",
    files: {
      "web.container": plain,
      "side.container": "[Container]\nImage=registry.example/side:1\nNetwork=web.container\n",
    },
  },
  { name: "a volume", files: { "data.volume": "[Volume]\n" } },
  {
    name: "a volume with everything",
    files: {
      "data.volume": "[Volume]\nVolumeName=data\nCopy=true\nLabel=a=b\nUser=1000\nGroup=1000\n",
    },
  },
  {
    name: "with a volume",
    files: {
      "web.container": container("Volume=data.volume:/data:Z"),
      "data.volume": "[Volume]\n",
    },
  },
  {
    name: "with a mount of a volume",
    files: {
      "web.container": container("Mount=type=volume,source=data.volume,destination=/data"),
      "data.volume": "[Volume]\n",
    },
  },
  { name: "a pod", files: { "shop.pod": "[Pod]\nPodName=shop\nPublishPort=8000:8000\n" } },
  {
    name: "in a pod",
    files: {
      "shop.pod": "[Pod]\n",
      "web.container": container("Pod=shop.pod", "StartWithPod=true"),
    },
  },
  {
    name: "a pod on a network",
    files: {
      "shop.pod": "[Pod]\nNetwork=shop.network\nVolume=data.volume:/d\n",
      "shop.network": "[Network]\n",
      "data.volume": "[Volume]\n",
    },
  },
  {
    name: "a kube",
    files: { "shop.kube": "[Kube]\nYaml=./shop.yml\nConfigMap=./map.yml\nPublishPort=8000:8000\n" },
  },
  {
    name: "a kube with everything",
    files: {
      "shop.kube":
        "[Kube]\nYaml=shop.yml\nAutoUpdate=registry\nExitCodePropagation=any\nKubeDownForce=true\nLogDriver=journald\nUserNS=auto\nSetWorkingDirectory=yaml\n",
    },
  },
  { name: "an image", files: { "web.image": `[Image]\n${image}\n` } },
  {
    name: "an image with everything",
    files: {
      "web.image": `[Image]\n${image}\nArch=amd64\nOS=linux\nTLSVerify=true\nAllTags=false\nAuthFile=/etc/auth.json\nImageTag=registry.example/shop/web:1.2.3\n`,
    },
  },
  {
    name: "from an image unit",
    files: {
      "web.image": `[Image]\n${image}\n`,
      "web.container": "[Container]\nImage=web.image\n",
    },
  },
  {
    name: "a build",
    files: { "web.build": "[Build]\nImageTag=localhost/web:1\nSetWorkingDirectory=unit\n" },
  },
  {
    name: "a build with everything",
    files: {
      "web.build":
        "[Build]\nImageTag=localhost/web:1\nSetWorkingDirectory=unit\nFile=./Containerfile\nTarget=run\nPull=missing\nForceRM=false\nLabel=a=b\nEnvironment=A=b\nSecret=token\nNetwork=host\n",
    },
  },
  {
    name: "from a build",
    files: {
      "web.build": "[Build]\nImageTag=localhost/web:1\nSetWorkingDirectory=unit\n",
      "web.container": "[Container]\nImage=web.build\n",
    },
  },
  {
    name: "a drop-in of a unit",
    files: {
      "web.container": plain,
      "web.container.d/10.conf": "[Container]\nMemory=1g\n".replace("Memory=1g", "PidsLimit=9"),
    },
  },
  {
    name: "a drop-in of the service",
    files: { "web.container": plain, "systemd/web.service.d/10.conf": "[Service]\nCPUQuota=50%\n" },
  },
  {
    name: "an image by its digest",
    files: {
      "web.container": `[Container]\nImage=registry.example/web@sha256:${"a".repeat(64)}\n`,
    },
  },
  {
    name: "an image of this host",
    files: { "web.container": "[Container]\nImage=localhost/web\n" },
  },
  {
    name: "ports that differ by their address",
    files: {
      "a.container": container("PublishPort=127.0.0.1:80:80"),
      "b.container": container("PublishPort=10.0.0.1:80:80"),
    },
  },
  {
    name: "two in order",
    files: {
      "db.container": plain,
      "web.container": `[Unit]\nRequires=db.service\nAfter=db.service\n${plain}`,
    },
  },
  {
    name: "order by the units' names",
    files: {
      "db.container": plain,
      "web.container": `[Unit]\nRequires=db.container\nAfter=db.container\n${plain}`,
    },
  },
  {
    name: "keys of old",
    files: { "web.container": container("VolatileTmp=yes", "RemapUsers=keep-id") },
    rootless: true,
  },
  {
    name: "rootless, hardened inside",
    files: {
      "web.container": container("ReadOnly=true", "NoNewPrivileges=true", "DropCapability=ALL"),
    },
    rootless: true,
  },
  {
    name: "hardened, rootful",
    files: { "web.container": `${plain}[Service]\nNoNewPrivileges=yes\n` },
  },
  {
    name: "a secret by reference",
    files: {
      "web.container": container(
        "Environment=DB_PASSWORD_FILE=/run/secrets/db",
        // biome-ignore lint/suspicious/noTemplateCurlyInString: systemd expands it
        "Environment=API_TOKEN=${API_TOKEN}",
      ),
    },
  },
  {
    name: "silenced in a line",
    files: {
      "web.container": container(
        "# quadlet-deploy: ignore secret-in-environment (a test's)",
        "Environment=DB_PASSWORD=x",
      ),
    },
  },
  {
    name: "silenced in a file",
    files: {
      "web.container":
        "# quadlet-deploy: ignore short-image-name, latest-with-rollback\n[Container]\nImage=web\n",
    },
  },
  ...[
    "AppArmor=unconfined",
    "HttpProxy=false",
    "Memory=1g",
    "ReloadCmd=/usr/bin/reload",
    "ReloadSignal=SIGHUP",
    "Retry=5",
    "RetryDelay=5s",
  ].map(
    (line): Case => ({ name: line, files: { "web.container": container(line) }, podman: "5.8" }),
  ),
  {
    name: "an artifact",
    files: { "model.artifact": "[Artifact]\nArtifact=registry.example/model:1\n" },
    podman: "5.8",
  },
  {
    name: "NetworkDeleteOnStop=",
    files: { "shop.network": "[Network]\nNetworkDeleteOnStop=true\n" },
    podman: "5.8",
  },
  { name: "a pod's HostName=", files: { "shop.pod": "[Pod]\nHostName=shop\n" }, podman: "5.8" },
];

export const good: readonly Case[] = [
  ...containerKeys.map((line) => ({ name: line, files: { "web.container": container(line) } })),
  ...sets,
];

const bad_ = (
  rule: string,
  name: string,
  files: Case["files"] | string,
  more: Partial<Case> = {},
): Case => ({
  name,
  rule,
  files: typeof files === "string" ? { "web.container": files } : files,
  ...more,
});
const withKey = (rule: string, line: string) => bad_(rule, line, container(line));

export const bad: readonly Case[] = [
  ...[
    "Imagee=x",
    "PublishPorts=80:80",
    "Volumes=/a:/b",
    "Ports=80",
    "Env=A=b",
    "Capabilities=ALL",
    "Privileged=true",
    "CPUs=1",
    "Init=true",
    "Command=serve",
  ].map((line) => withKey("unknown-key", line)),
  bad_("unknown-key", "a network's", { "a.network": "[Network]\nSubnets=10.0.0.0/8\n" }),
  bad_("unknown-key", "a volume's", { "a.volume": "[Volume]\nSize=1g\n" }),
  bad_("unknown-key", "a pod's", { "a.pod": "[Pod]\nImages=x\n" }),
  bad_("unknown-key", "a kube's", { "a.kube": "[Kube]\nYaml=a.yml\nManifest=b.yml\n" }),
  bad_("unknown-key", "a build's", {
    "a.build": "[Build]\nImageTag=localhost/a\nDockerfile=x\nSetWorkingDirectory=unit\n",
  }),
  bad_("unknown-key", "an image's", { "a.image": `[Image]\n${image}\nTag=x\n` }),
  bad_("unknown-key", "in a drop-in", {
    "web.container": plain,
    "web.container.d/a.conf": "[Container]\nPidLimit=1\n",
  }),
  ...[
    "Restart=always",
    "After=db.service",
    "Requires=db.service",
    "WantedBy=multi-user.target",
    "Type=notify",
    "ExecStartPre=/bin/true",
    "Description=the shop",
    "TimeoutStartSec=9",
    "Subnet=10.0.0.0/8",
    "PodName=shop",
    "Yaml=a.yml",
  ].map((line) => withKey("wrong-section", line)),
  bad_("wrong-section", "a container's key in a network", { "a.network": `[Network]\n${image}\n` }),
  bad_("ignored-key", "Image= in [Service]", `${plain}[Service]\nImage=x\n`),
  bad_("ignored-key", "PublishPort= in [Unit]", `[Unit]\nPublishPort=80:80\n${plain}`),
  bad_("ignored-key", "Network= in [Install]", `${plain}[Install]\nNetwork=host\n`),
  bad_("unknown-section", "a typing error", `${plain}[Contianer]\nExec=x\n`),
  bad_("unknown-section", "[Services]", `${plain}[Services]\nRestart=always\n`),
  bad_("unknown-section", "another kind's", `${plain}[Network]\nInternal=true\n`),
  bad_("no-image", "a container", "[Container]\nExec=x\n"),
  bad_("no-image", "an empty file", ""),
  bad_("no-image", "an image", { "a.image": "[Image]\nArch=amd64\n" }),
  bad_("no-image", "a kube without YAML", { "a.kube": "[Kube]\nLogDriver=none\n" }),
  bad_("group-without-user", "a group alone", container("Group=1000")),
  bad_("build-context", "nothing to build", { "a.build": "[Build]\nImageTag=localhost/a:1\n" }),
  bad_("build-context", "no name", { "a.build": "[Build]\nSetWorkingDirectory=unit\n" }),
  bad_("build-context", "relative to nothing", {
    "a.build": "[Build]\nImageTag=localhost/a:1\nFile=./Containerfile\n",
  }),
  bad_("service-type", "simple", `${plain}[Service]\nType=simple\n`),
  bad_("service-type", "forking", `${plain}[Service]\nType=forking\n`),
  bad_("service-type", "exec", `${plain}[Service]\nType=exec\n`),
  bad_("restart-unless-stopped", "as with docker", `${plain}[Service]\nRestart=unless-stopped\n`),
  bad_("restart-unless-stopped", "a typing error", `${plain}[Service]\nRestart=allways\n`),
  bad_("shared-service", "a container and a kube", {
    "web.container": plain,
    "web.kube": "[Kube]\nYaml=a.yml\n",
  }),
  bad_("shared-service", "by ServiceName=", {
    "a.container": plain,
    "b.container": container("ServiceName=a"),
  }),
  bad_("shared-service", "a pod's", { "web-pod.container": plain, "web.pod": "[Pod]\n" }),
  bad_("shared-container-name", "two of one name", {
    "a.container": container("ContainerName=x"),
    "b.container": container("ContainerName=x"),
  }),
  bad_("bad-service-name", "a path", container("ServiceName=../etc")),
  bad_("bad-service-name", "with .service", container("ServiceName=web.service")),
  bad_("bad-service-name", "a space in the file's name", { "the web.container": plain }),
  bad_("stray-drop-in", "of a unit that is not there", {
    "web.container": plain,
    "wbe.container.d/a.conf": "[Container]\n",
  }),
  bad_("stray-drop-in", "of a service that is not there", {
    "web.container": plain,
    "systemd/wbe.service.d/a.conf": "[Service]\n",
  }),
  bad_("wide-drop-in", "every container's", {
    "web.container": plain,
    "container.d/a.conf": "[Container]\n",
  }),
  bad_("wide-drop-in", "every service's", {
    "web.container": plain,
    "systemd/service.d/a.conf": "[Service]\n",
  }),
  bad_("wide-drop-in", "a prefix's", {
    "web-a.container": plain,
    "systemd/web-.service.d/a.conf": "[Service]\n",
  }),
  bad_("cycle", "two", {
    "a.container": `[Unit]\nAfter=b.service\n${plain}`,
    "b.container": `[Unit]\nAfter=a.service\n${plain}`,
  }),
  bad_("cycle", "three", {
    "a.container": `[Unit]\nAfter=b.service\n${plain}`,
    "b.container": `[Unit]\nAfter=c.service\n${plain}`,
    "c.container": `[Unit]\nAfter=a.service\n${plain}`,
  }),
  bad_("cycle", "by Before=", {
    "a.container": `[Unit]\nAfter=b.service\nBefore=b.service\n${plain}`,
    "b.container": plain,
  }),
  bad_("missing-reference", "a network", container("Network=nope.network")),
  bad_("missing-reference", "a volume", container("Volume=nope.volume:/data")),
  bad_("missing-reference", "an image", "[Container]\nImage=nope.image\n"),
  bad_("missing-reference", "a build", "[Container]\nImage=nope.build\n"),
  bad_("missing-reference", "a pod", container("Pod=nope.pod")),
  bad_("missing-reference", "a pod's network", { "a.pod": "[Pod]\nNetwork=nope.network\n" }),
  bad_("port-clash", "one port, twice", {
    "a.container": container("PublishPort=80:80"),
    "b.container": container("PublishPort=80:8080"),
  }),
  bad_("port-clash", "everywhere and somewhere", {
    "a.container": container("PublishPort=80:80"),
    "b.container": container("PublishPort=127.0.0.1:80:80"),
  }),
  bad_("short-image-name", "no registry", "[Container]\nImage=redis:7\n"),
  bad_("short-image-name", "a user of Docker Hub", "[Container]\nImage=bitnami/redis:7\n"),
  bad_("latest-with-rollback", "latest", "[Container]\nImage=registry.example/web:latest\n"),
  bad_("latest-with-rollback", "no tag", "[Container]\nImage=registry.example/web\n"),
  bad_(
    "latest-with-rollback",
    "a port is no tag",
    "[Container]\nImage=registry.example:5000/web\n",
  ),
  bad_("secret-in-environment", "of the container", container("Environment=DB_PASSWORD=hunter2")),
  bad_("secret-in-environment", "among others", container('Environment=MODE=live "API_KEY=a b"')),
  bad_(
    "secret-in-environment",
    "of the service",
    `${plain}[Service]\nEnvironment=SIGNING_SECRET=x\n`,
  ),
  bad_("rootless-hardening", "ProtectSystem=", `${plain}[Service]\nProtectSystem=strict\n`, {
    rootless: true,
  }),
  bad_("rootless-hardening", "PrivateTmp=", `${plain}[Service]\nPrivateTmp=yes\n`, {
    rootless: true,
  }),
  bad_("rootless-hardening", "NoNewPrivileges=", `${plain}[Service]\nNoNewPrivileges=yes\n`, {
    rootless: true,
  }),
];
