"""A second tree, written independently, to see if the detectors fit only the first one."""

import base64
import json

from tests.workers.gate.secret_scan.made import ALNUM, HEX, LOW, Made, Tree, notebook

INDEX = "--index-url"  # an option that takes an address


def hold_out(seed=2):
    made, tree = Made(seed), Tree()
    for part in (
        _jvm,
        _containers,
        _pipelines,
        _python,
        _cells,
        _prose,
        _binary_like,
        _harmless,
        _numbers,
    ):
        part(made, tree)
    return tree


def _jvm(made, tree):
    tree.plant(
        "jobs/Score.scala",
        "storage key",
        f'  .config("spark.hadoop.fs.azure.account.key.lake7.blob.core.windows.net", "{made.storage_key()}")',
    )
    tree.plant("jobs/Score.scala", "Entra secret", f'val spSecret = "{made.entra()}"')
    tree.plant(
        "jobs/score.R",
        "password",
        f'con <- dbConnect(odbc(), UID = "svc", PWD = "{made.drawn_password()}")',
    )
    tree.plant("jobs/score.R", "token", f'Sys.setenv(DATABRICKS_TOKEN = "{made.databricks()}")')
    tree.plant("conf/db.properties", "password", f"spring.datasource.password={made.password()}")
    tree.plant(
        "conf/kafka.properties",
        "password",
        f'sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required username="$ConnectionString" password="Endpoint=sb://eh.servicebus.windows.net/;SharedAccessKeyName=send;SharedAccessKey={made.bus_key()}";',
    )
    tree.plant(
        "conf/web.config", "password", f'    <add key="SqlPassword" value="{made.password()}" />'
    )
    tree.plant(
        "conf/settings.xml", "password", f"      <password>{made.drawn_password()}</password>"
    )
    tree.plant(
        "sql/setup.sql", "password", f"CREATE LOGIN scorer WITH PASSWORD = '{made.password()}';"
    )
    tree.plant(
        "sql/setup.sql",
        "storage key",
        f"CREATE DATABASE SCOPED CREDENTIAL lake WITH IDENTITY = 'SHARED ACCESS SIGNATURE', SECRET = '{made.sas()}';",
    )
    tree.plant(
        "sql/users.sql", "password", f"create user loader identified by '{made.password()}';"
    )


def _containers(made, tree):
    tree.plant(
        "Dockerfile",
        "password",
        f"ENV PIP_INDEX_URL=https://reader:{made.drawn_password()}@feeds.bank.test/simple",
    )
    tree.plant("Dockerfile", "token", "ARG GITHUB_TOKEN=gho" + f"_{made.text(ALNUM, 36)}")
    tree.plant("docker-compose.yml", "password", f"      - POSTGRES_PASSWORD={made.password()}")
    tree.plant(
        "docker-compose.yml", "password", f"      MYSQL_ROOT_PASSWORD: {made.drawn_password()}"
    )
    value = base64.b64encode(made.drawn_password().encode()).decode()
    tree.plant("k8s/secret.yml", "password", f"data:\n  db-password: {value}")
    tree.plant(
        "k8s/deployment.yml",
        "token",
        f'        - name: MLFLOW_TRACKING_TOKEN\n          value: "{made.databricks()}"',
    )
    tree.plant(
        ".docker/config.json",
        "registry",
        '    "registry.bank.test": {"auth": "'
        + base64.b64encode(f"robot$ci:{made.text(ALNUM, 24)}".encode()).decode()
        + '"}',
    )
    config = f"apiVersion: v1\nusers:\n- user:\n    token: {made.jwt()}\n"
    tree.plant("k8s/kubeconfig.b64", "JWT", base64.b64encode(config.encode()).decode())


def _pipelines(made, tree):
    yml = "azure-pipelines.yml"
    tree.plant(
        yml,
        "PAT",
        f"  - script: echo {made.old_pat()} | az devops login --organization https://dev.azure.com/bank",
    )
    tree.plant(yml, "Entra secret", f"      arguments: '-ClientSecret {made.entra()} -Stage tst'")
    tree.plant(yml, "password", f"    sonarToken: {made.hex(40)}")
    tree.plant(
        "deploy.ps1",
        "password",
        f"$pw = ConvertTo-SecureString '{made.password()}' -AsPlainText -Force",
    )
    tree.plant(
        "deploy.ps1",
        "storage key",
        f'$ctx = New-AzStorageContext -StorageAccountName lake -StorageAccountKey "{made.storage_key()}"',
    )
    tree.plant("deploy.ps1", "PAT", f'$env:SYSTEM_PAT = "{made.new_pat()}"')
    tree.plant(
        "run.sh", "password", f"sshpass -p '{made.password()}' scp model.pkl svc@host:/models"
    )
    tree.plant(
        "run.sh", "password", f"docker login reg.bank.test -u robot -p {made.drawn_password()}"
    )
    tree.plant(
        "run.sh",
        "secret",
        f"databricks secrets put-secret loans api --string-value {made.text(ALNUM, 32)}",
    )
    tree.plant(
        "run.sh",
        "header",
        f'curl -H "Ocp-Apim-Subscription-Key: {made.hex(32)}" https://api.bank.test/score',
    )
    tree.plant(
        "run.sh",
        "header",
        f"curl -H 'X-Api-Key: {made.text(ALNUM, 40)}' https://api.bank.test/score",
    )
    tree.plant(
        "run.sh",
        "URL",
        f"wget 'https://fn-loans.azurewebsites.net/api/score?code={made.base64(40)}'",
    )
    tree.plant(
        "run.sh",
        "header",
        f'curl -H "Authorization: Basic {base64.b64encode(f"svc:{made.password()}".encode()).decode()}" https://x.bank.test',
    )
    tree.plant(
        ".netrc",
        "password",
        f"machine feeds.bank.test login reader password {made.drawn_password()}",
    )


def _python(made, tree):
    py = "model/helpers.py"
    tree.plant(
        py,
        "password",
        f"DATABASES = {{'default': {{'USER': 'svc', 'PASSWORD': '{made.drawn_password()}'}}}}",
    )
    tree.plant(py, "key", f"SECRET_KEY = 'django-insecure-{made.text(LOW + '!@#$%^&*', 50)}'")
    tree.plant(py, "password", f"    # old login was password = '{made.password()}'")
    tree.plant(
        py,
        "storage key",
        f'blob = BlobServiceClient(account_url=url, credential="{made.storage_key()}")',
    )
    tree.plant(
        py,
        "key",
        f'search = SearchClient(endpoint, "loans", AzureKeyCredential("{made.text(ALNUM, 52)}"))',
    )
    tree.plant(py, "SAS", f'sas_token = "{made.sas()}"')
    key = made.storage_key()
    tree.plant(py, "storage key", f'KEY = ("{key[:40]}" +\n       "{key[40:]}")')
    tree.plant(py, "password", f'password: SecretStr = SecretStr("{made.drawn_password()}")')
    tree.plant(py, "password", f'os.environ["SNOWFLAKE_PASSWORD"] = "{made.password()}"')
    tree.plant(
        py,
        "password",
        f"url = URL.create('mssql+pyodbc', username='svc', password='{made.password()}', host='sql01')",
    )
    tree.plant(
        py,
        "URL",
        f'engine = create_engine("snowflake://svc:{made.drawn_password()}@bank-eu/LOANS")',
    )
    tree.plant(py, "AWS", f'session = Session("{made.aws_id()}", "{made.aws_secret()}")')
    tree.plant(
        py,
        "token",
        f'mlflow.set_tracking_uri("https://token:{made.databricks()}@adb-1.2.azuredatabricks.net")',
    )
    tree.plant(py, "token", 'api = HfApi(token="hf' + f'_{made.text(ALNUM, 34)}")')
    tree.plant(py, "key", "openai.api_key = 'sk" + f"-{made.text(ALNUM, 48)}'")
    tree.plant(
        py,
        "Slack",
        "HOOK = 'https://hooks.slack"
        f".com/services/T{made.text('ABCDEF0123', 8)}/B{made.text('ABCDEF0123', 8)}/{made.text(ALNUM, 24)}'",
    )
    tree.plant(
        py,
        "Fernet key",
        f'fernet = Fernet(key := "{base64.urlsafe_b64encode(made.bytes(32)).decode()}")',
    )
    tree.plant(py, "private key", f"SSH = '''{made.pem('OPENSSH PRIVATE KEY', 350)}'''")


def _cells(made, tree):
    cells = (
        f'service_credential = "{made.entra()}"\n',
        f'conn_str = "Driver={{SQL}};Server=tcp:s.database.windows.net;Uid=svc;Pwd={made.password()};"\n',
        f'opts = {{"account_name": "lake", "account_key": "{made.storage_key()}"}}\n',
        f"# !pip install {INDEX} https://me:{made.old_pat()}@art.bank.test/_packaging/f/pypi/simple/ x\n",
        f'headers = {{"Authorization": "Bearer {made.jwt()}"}}\n',
    )
    signs = ("service_cred", "conn_str", "opts =", "!pip", "headers =")
    tree.plant_lines("analysis.ipynb", "notebook", notebook(*cells), *signs)
    pem = made.pem("RSA PRIVATE KEY", 200)
    tree.plant("sign.ipynb", "private key", notebook(f'key = """{pem}"""'))


def _prose(made, tree):
    tree.plant(
        "docs/runbook.md",
        "password",
        f"The service user is svc_loans and the password is {made.password()}",
    )
    tree.plant("docs/runbook.md", "password", f"| svc_loans | password | {made.password()} |")
    tree.plant("docs/runbook.md", "token", f"Use the PAT `{made.old_pat()}` until March.")
    tree.plant("notes.txt", "password", f"pwd: {made.drawn_password()}")
    tree.plant("terraform.tfvars", "Entra secret", f'client_secret = "{made.old_entra()}"')
    tree.plant(
        "params.json", "password", f'    "adminPassword": {{ "value": "{made.password()}" }}'
    )
    tree.plant(
        "local.settings.json",
        "storage key",
        f'    "AzureWebJobsStorage": "DefaultEndpointsProtocol=https;AccountName=fn;AccountKey={made.storage_key()}"',
    )
    tree.plant(
        "config.toml", "password", f'password = "{made.password()}"  # TODO move to the vault'
    )
    tree.plant("setup.cfg", "token", f"api_token = {made.text(LOW, 40)}")


def _binary_like(made, tree):
    quiet = tree.look_alike
    quiet("a.ipynb", f'  "image/png": "{base64.b64encode(b"PNG" + made.bytes(5000)).decode()}\\n"')
    quiet(
        "a.ipynb",
        json.dumps(
            {"id": made.hex(8), "execution_count": 3, "text": [f"<div id='{made.uuid()}'>"]}
        ),
    )
    quiet("model/weights.json", json.dumps({"vector": [made.base64(32) for _ in range(3)]}))
    quiet(
        "uv.lock",
        f'wheels = [{{ url = "https://files.test/{made.hex(2)}/{made.hex(60)}/x.whl", hash = "sha256:{made.hex(64)}" }}]',
    )
    quiet("Pipfile.lock", f'            "sha256:{made.hex(64)}",')
    quiet("yarn.lock", f"  integrity sha512-{made.storage_key()}")
    quiet("model/vocab.txt", "\n".join(made.text(LOW, 18) for _ in range(6)))
    quiet(
        "data/rows.csv",
        "\n".join(f"{made.uuid()},{made.hex(32)},{made.text('0123456789', 10)}" for _ in range(5)),
    )
    quiet("signing.pub", f"-----BEGIN PUBLIC KEY-----\n{made.base64(90)}\n-----END PUBLIC KEY-----")
    quiet(
        "jwks.json",
        json.dumps(
            {
                "kty": "RSA",
                "kid": made.hex(16),
                "n": base64.urlsafe_b64encode(made.bytes(256)).decode(),
                "e": "AQAB",
                "x5c": [made.base64(700)],
            }
        ),
    )
    quiet(
        "cluster.crt",
        f"    certificate-authority-data: {base64.b64encode(made.pem('CERTIFICATE', 700).encode()).decode()}",
    )


def _harmless(made, tree):
    quiet = tree.look_alike
    quiet(
        "model/auth.py",
        "def get_token(scope: str, secret_name: str) -> str:\n    return vault.get(secret_name)",
    )
    quiet(
        "model/auth.py",
        'token = credential.get_token("https://management.azure.com/.default").token',
    )
    quiet(
        "model/auth.py", "api_key = settings.API_KEY or ''\npassword = kwargs.pop('password', None)"
    )
    quiet("model/auth.py", 'storage_options={"account_key": os.getenv("STORAGE_KEY")}')
    quiet(
        "model/auth.py",
        'spark.conf.set(f"fs.azure.account.key.{acc}.dfs.core.windows.net", dbutils.secrets.get("loans", "storage-key-2"))',
    )
    quiet("model/auth.py", 'headers = {"Authorization": f"Bearer {token}", "x-api-key": API_KEY}')
    quiet(
        "model/auth.py",
        "secret_client = SecretClient(vault_url=url, credential=DefaultAzureCredential())",
    )
    quiet(
        "model/auth.py",
        'engine = create_engine(f"mssql+pyodbc://{user}:{quote_plus(pw)}@{server}/db")',
    )
    quiet(
        "model/auth.py",
        "assert password != 'password', 'choose another'\nif token is None: raise ValueError('token missing')",
    )
    quiet("model/auth.py", "PASSWORD_REGEX = r'^(?=.*[A-Z])(?=.*\\d)[A-Za-z\\d@$!%*?&]{12,}$'")
    quiet(
        "chart/values.yml",
        'auth:\n  existingSecret: loans-db-credentials\n  secretKeyRef:\n    name: db\n    key: password\n  password: ""',
    )
    quiet(
        "chart/values.yml",
        "  passwordSecretName: loans-db-pass-01\n  tokenUrl: https://login.microsoftonline.com/x/oauth2/v2.0/token",
    )
    quiet(
        "azure.yml",
        "  keyVaultName: kv-loans-prd-01\n  secretsFilter: 'DB-PASSWORD,API-KEY-2'\n  env:\n    TOKEN: $(token)\n    PAT: $(pat)",
    )
    quiet(
        "docs/use.md",
        "Set `password: <your password>` and `api_key: YOUR_API_KEY_1`; see https://user:pass@example.com/.",
    )
    quiet(
        "docs/use.md",
        "AccountKey=<account-key>;EndpointSuffix=core.windows.net and SharedAccessKey=...;",
    )
    quiet(
        "docs/use.md",
        "https://acc.blob.core.windows.net/c?sv=2022&sig=REDACTED and ?sig=<signature>",
    )
    quiet(
        "docs/use.md",
        "A token looks like eyJhbGciOi...; a PAT has 52 characters; a key starts with sk-... or dapi...",
    )
    quiet(
        "tests/conftest.py",
        'os.environ["API_KEY"] = "test-key-123"\nUSER, PASSWORD = "alice", "wonderland"',
    )
    quiet(
        "tests/test_api.py", 'client.post("/login", json={"user": "bob", "password": "pass1234"})'
    )
    quiet(
        "docker-compose.yml",
        "      - POSTGRES_PASSWORD=postgres\n      - PASSWORD_FILE=/run/secrets/db_password_2",
    )


def _numbers(made, tree):
    quiet = tree.look_alike
    quiet(
        "MLmodel", f"artifact_path: model\nrun_id: {made.hex(32)}\nsignature_hash: {made.hex(64)}"
    )
    quiet(
        "params.yml",
        f"seed: 42\ndata_version: {made.hex(40)}\nimage: reg.bank.test/score@sha256:{made.hex(64)}",
    )
    quiet(
        "params.yml",
        f"  subscription: {made.uuid()}\n  object_id: {made.uuid()}\n  key_version: {made.hex(32)}",
    )
    quiet(
        "params.yml",
        f'model_uri: runs:/{made.hex(32)}/model\njob_token_count: 12345678\netag: W/"{made.hex(16)}"',
    )
    quiet(
        "constants.py",
        f'FINGERPRINT = "{":".join(made.hex(2) for _ in range(20))}"\nRUN = "{made.text(HEX, 32)}"',
    )
    quiet(
        "constants.py",
        'ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"',
    )
