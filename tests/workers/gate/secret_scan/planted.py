"""The tree that the detectors were made with: secrets and look-alikes of a model repository."""

import base64
import json

from tests.workers.gate.secret_scan.made import ALNUM, LOW, Made, Tree, notebook

EXTRA_INDEX = "--extra-index-url"  # an option that takes an address


def planted(seed=1):
    made, tree = Made(seed), Tree()
    for part in (
        _azure,
        _tokens,
        _keys,
        _passwords,
        _notebooks,
        _hashes,
        _placeholders,
        _names,
        _blobs,
    ):
        part(made, tree)
    return tree


def _azure(made, tree):
    py, yml, sh = "src/load.py", "pipelines/deploy.yml", "scripts/deploy.sh"
    account = made.text(LOW, 12)
    connection = f"DefaultEndpointsProtocol=https;AccountName={account};AccountKey="
    tree.plant(py, "storage key", f'ACCOUNT_KEY = "{made.storage_key()}"')
    tree.plant(
        py,
        "storage key",
        f'CONN = "{connection}{made.storage_key()};EndpointSuffix=core.windows.net"',
    )
    tree.plant(
        py,
        "storage key",
        f'spark.conf.set("fs.azure.account.key.{account}.dfs.core.windows.net", "{made.storage_key()}")',
    )
    tree.plant(
        py,
        "storage key",
        f"df = pd.read_csv(path, storage_options={{'account_key': '{made.storage_key()}'}})",
    )
    tree.plant(py, "storage key", f'# key = "{made.storage_key()}"')
    tree.plant(
        py, "SAS", f'URL = "https://{account}.blob.core.windows.net/raw/loans.csv?{made.sas()}"'
    )
    tree.plant(
        py, "Entra secret", f'credential = ClientSecretCredential(tenant, client, "{made.entra()}")'
    )
    tree.plant(
        py,
        "Entra secret",
        f'cred = ClientSecretCredential("{made.uuid()}", "{made.uuid()}", "{made.old_entra()}")',
    )
    tree.plant(py, "Entra secret", f'secret = os.getenv("CLIENT_SECRET", "{made.entra()}")')
    tree.plant(yml, "Entra secret", f"  clientSecret: {made.entra()}")
    tree.plant(yml, "Entra secret", f"  client_secret: '{made.old_entra()}'")
    bus = f"Endpoint=sb://{account}.servicebus.windows.net/;SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey="
    tree.plant(yml, "Service Bus", f"  busConnection: {bus}{made.bus_key()}")
    tree.plant("app.ini", "Service Bus", f"event_hub = {bus}{made.bus_key()};EntityPath=scores")
    tree.plant(sh, "DevOps PAT", f"export AZURE_DEVOPS_EXT_PAT={made.old_pat()}")
    tree.plant(
        sh,
        "DevOps PAT",
        f"git clone https://build:{made.old_pat()}@dev.azure.com/bank/models/_git/loans",
    )
    tree.plant(
        sh, "DevOps PAT", f'curl -u ":{made.new_pat()}" https://dev.azure.com/bank/_apis/projects'
    )
    tree.plant(
        sh,
        "Entra secret",
        f"az login --service-principal -u {made.uuid()} -p {made.entra()} --tenant {made.uuid()}",
    )
    tree.plant("infra/main.tf", "storage key", f'  access_key = "{made.storage_key()}"')


def _tokens(made, tree):
    py, env, cfg = "src/clients.py", ".env", ".databrickscfg"
    tree.plant(cfg, "Databricks", f"token = {made.databricks()}")
    tree.plant(py, "Databricks", f'HEADERS = {{"Authorization": "Bearer {made.databricks()}-3"}}')
    tree.plant(env, "Databricks", f"DATABRICKS_TOKEN={made.databricks()}-2")
    tree.plant(env, "Databricks", "DATABRICKS_CLIENT_SECRET=do" + "se" + made.hex(32))
    tree.plant(py, "JWT", f'token = "{made.jwt()}"')
    long = made.jwt()
    tree.plant(
        py, "JWT", f'bearer = (\n    "{long[:70]}"\n    "{long[70:150]}"\n    "{long[150:]}"\n)'
    )
    tree.plant(env, "AWS", f"AWS_ACCESS_KEY_ID={made.aws_id()}")
    tree.plant(env, "AWS", f"AWS_SECRET_ACCESS_KEY={made.aws_secret()}")
    tree.plant(
        py,
        "AWS",
        f's3 = boto3.client("s3", aws_access_key_id="{made.aws_id()}", aws_secret_access_key="{made.aws_secret()}")',
    )
    tree.plant(py, "GitHub", 'gh = Github("ghp' + f'_{made.text(ALNUM, 36)}")')
    tree.plant(py, "GitLab", 'gl = "glpat' + f'-{made.text(ALNUM, 20)}"')
    tree.plant(
        env,
        "Slack",
        "SLACK=xox"
        f"b-{made.text('0123456789', 12)}-{made.text('0123456789', 13)}-{made.text(ALNUM, 24)}",
    )
    tree.plant(env, "OpenAI", "OPENAI_API_KEY=sk" + f"-proj-{made.text(ALNUM + '_-', 60)}")
    tree.plant(env, "Hugging Face", "HF_TOKEN=hf" + f"_{made.text(ALNUM, 34)}")
    tree.plant(
        "requirements.txt",
        "Artifactory",
        f"{EXTRA_INDEX} https://svc:AKC{made.text(ALNUM, 70)}@artifacts.bank.test/pypi/simple",
    )
    tree.plant(
        ".npmrc", "npm", "//artifacts.bank.test/npm/:_authToken=npm" + f"_{made.text(ALNUM, 36)}"
    )
    tree.plant(
        ".pypirc", "PyPI", "password = pypi" + f"-AgEIcHlwaS5vcmc{made.text(ALNUM + '_-', 80)}"
    )


def _keys(made, tree):
    tree.plant("certs/service.pem", "private key", made.pem())
    tree.plant("certs/id_ed25519", "private key", made.pem("OPENSSH PRIVATE KEY", 300))
    tree.plant("certs/ec.pem", "private key", made.pem("EC PRIVATE KEY", 120))
    tree.plant("certs/pkcs8.pem", "private key", made.pem("ENCRYPTED PRIVATE KEY", 700))
    one_line = made.pem("PRIVATE KEY").replace("\n", "\\n")
    tree.plant("gcp.json", "private key", f'  "private_key": "{one_line}\\n",')
    tree.plant("src/sign.py", "private key", f'KEY = """{made.pem("RSA PRIVATE KEY")}\n"""')
    tree.plant(
        "k8s/tls.yml",
        "private key",
        f"  tls.key: {base64.b64encode(made.pem('PRIVATE KEY').encode()).decode()}",
    )


def _passwords(made, tree):
    py, yml, env, sh = "src/db.py", "config/settings.yml", "config/prod.env", "scripts/export.sh"
    tree.plant(
        py,
        "password",
        f'engine = create_engine("postgresql://loans:{made.drawn_password()}@db01.bank.test:5432/loans")',
    )
    tree.plant(py, "password", f'password = "{made.password()}"')
    tree.plant(
        py,
        "password",
        f"conn = pyodbc.connect('Driver={{ODBC}};Server=sql01;UID=svc;PWD={made.password()}')",
    )
    tree.plant(
        py,
        "password",
        f'df.write.option("user", "svc").option("password", "{made.drawn_password()}").save()',
    )
    tree.plant(py, "password", f'requests.get(url, auth=("svc_loans", "{made.password()}"))')
    tree.plant(py, "password", f'parser.add_argument("--password", default="{made.password()}")')
    tree.plant(
        py,
        "password",
        f'def connect(user: str = "svc", password: str = "{made.drawn_password()}"): ...',
    )
    tree.plant(yml, "password", f"  db_password: {made.password()}")
    tree.plant(
        yml,
        "password",
        f"  jdbc: jdbc:sqlserver://sql01.bank.test:1433;database=loans;user=svc;password={made.password()};encrypt=true",
    )
    tree.plant(
        "azure-pipelines.yml", "password", f"- name: DB_PASSWORD\n  value: {made.password()}"
    )
    tree.plant(env, "password", f"SMTP_PASS={made.password()}")
    tree.plant(env, "password", f"REDIS_URL=redis://:{made.drawn_password()}@cache:6379/0")
    tree.plant(sh, "password", f'export PGPASSWORD="{made.password()}"')
    tree.plant(sh, "password", f"TOKEN_PASS=${{DB_PASS:-{made.drawn_password()}}}")
    tree.plant(
        sh, "password", f"curl --user svc_loans:{made.password()} https://artifacts.bank.test/api"
    )
    tree.plant("README.md", "password", f"Log in as svc_loans, password: `{made.password()}`")
    tree.plant(
        "infra/vars.tf",
        "password",
        f'variable "sql_admin_password" {{\n  type = string\n  default = "{made.password()}"\n}}',
    )
    tree.plant("config/app.json", "API key", f'  "apiKey": "{made.hex(32)}",')
    login = json.dumps(
        {
            "auths": {
                "reg.bank.test": {
                    "auth": base64.b64encode(f"svc:{made.password()}".encode()).decode()
                }
            }
        }
    )
    tree.plant(
        "k8s/pull.yml",
        "registry",
        f"  .dockerconfigjson: {base64.b64encode(login.encode()).decode()}",
    )


def _notebooks(made, tree):
    cells = (
        f'storage_key = "{made.storage_key()}"\nprint("loaded")',
        f"spark.conf.set('fs.azure.sas.raw.acc.blob.core.windows.net', '?{made.sas()}')",
        f'token = "{made.databricks()}"',
        f'pwd = "{made.password()}"\ndf = load(pwd)',
    )
    signs = ("storage_key = ", "fs.azure.sas", "token = ", "pwd = ")
    tree.plant_lines("notebooks/explore.ipynb", "notebook", notebook(*cells), *signs)


def _hashes(made, tree):
    quiet = tree.look_alike
    quiet("poetry.lock", f'    {{file = "numpy-1.26.4.tar.gz", hash = "sha256:{made.hex(64)}"}},')
    quiet("package-lock.json", f'      "integrity": "sha512-{made.storage_key()}",')
    quiet("requirements.lock", f"numpy==1.26.4 --hash=sha256:{made.hex(64)}")
    quiet("src/version.py", f'COMMIT = "{made.hex(40)}"')
    quiet("src/version.py", f'MODEL_SHA256 = "{made.hex(64)}"')
    quiet("src/version.py", f'checksum = "{made.storage_key()}"')
    quiet("src/version.py", f'EXPECTED_MD5 = "{made.hex(32)}"')
    quiet("MLmodel", f"run_id: {made.hex(32)}")
    quiet("MLmodel", f"model_uuid: {made.uuid()}")
    quiet(
        "config/ids.yml",
        f"tenant_id: {made.uuid()}\nclient_id: {made.uuid()}\ncluster_id: 0923-164208-{made.text(LOW, 8)}",
    )
    quiet(
        "config/ids.yml", f"cache_key: {made.hex(32)}\npassword_hash: $2b$12${made.text(ALNUM, 53)}"
    )
    quiet("index.html", f'<script src="x.js" integrity="sha384-{made.base64(48)}"></script>')


def _placeholders(made, tree):
    quiet = tree.look_alike
    quiet(
        ".env.example",
        "DB_PASSWORD=changeme\nAPI_KEY=your-api-key-here\nTOKEN=<token>\nSECRET=xxxxxxxxxxxxxxxx",
    )
    quiet("README.md", "export DATABRICKS_TOKEN=da" + "pi" + "X" * 32)
    quiet(
        "README.md",
        "AWS_ACCESS_KEY_ID=AK"
        "IAIOSFODNN7EXAMPLE\naws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLE"
        "KEY",
    )
    quiet("README.md", "postgresql://user:password@localhost:5432/db")
    quiet("README.md", "-----BEGIN RSA PRIVATE " + "KEY-----\n...\n-----END RSA PRIVATE KEY-----")
    quiet(
        "pipelines/ci.yml",
        "  password: $(DB_PASSWORD)\n  token: ${{ secrets.TOKEN }}\n  secret: $[variables.s]\n  pat: $(System.AccessToken)",
    )
    quiet(
        "src/safe.py",
        'password = os.environ["DB_PASSWORD"]\ntoken = dbutils.secrets.get(scope="loans-scope", key="dbx-token-1")',
    )
    quiet(
        "src/safe.py",
        'secret = client.get_secret("loans-db-password").value\napi_key = config["api_key"]',
    )
    quiet(
        "src/safe.py",
        'pwd = getpass.getpass("Password: ")\nurl = f"postgresql://{user}:{password}@{host}/db"',
    )
    quiet("src/safe.py", 'conn = f"Server={server};Uid={user};Pwd={password};"')
    quiet(
        "config/app.yml",
        "  secret: @Microsoft.KeyVault(SecretUri=https://kv.vault.azure.net/secrets/db)\n  password: '{{ db_password }}'",
    )
    quiet(
        "tests/test_db.py", 'login("user", password="test-password")\ntoken = "dummy-token-123456"'
    )
    quiet("tests/test_db.py", 'monkeypatch.setenv("DB_PASSWORD", "fake-password-1")')
    quiet(
        "infra/kv.tf",
        "admin_password = var.admin_password\nsecret_value = random_password.db.result",
    )
    quiet(
        "scripts/run.sh",
        'curl -H "Authorization: Bearer $TOKEN" -u "$USER:$PASS" https://x.test\naz login -p "$SECRET"',
    )


def _names(made, tree):
    quiet = tree.look_alike
    quiet(
        "src/nlp.py",
        'pad_token = "[PAD]"\neos_token = "<|endoftext|>"\ntokenizer = AutoTokenizer.from_pretrained("bert-base-uncased")',
    )
    quiet(
        "src/nlp.py", "max_tokens = 4096\ntoken_type = 'bearer'\nnext_page_token = response.token"
    )
    quiet(
        "src/data.py",
        'primary_key = "customer_id"\npartition_key = "region-2024"\nsort_key: str = "created_at"',
    )
    quiet(
        "src/data.py",
        'SECRET_NAME = "loans-db-password-v2"\nSECRET_SCOPE = "kv-loans-prod-01"\npassword_column = "pwd_hash"',
    )
    quiet(
        "config/kv.yml",
        "  oauth2_secrets_name: kv-loans-oauth2\n  password_policy: strong-2024\n  key_vault: kv-loans-tst-01",
    )
    quiet(
        "docs/how.md",
        "The password must have 12 characters. The token expires after 8h; the key is rotated every 90 days.",
    )
    quiet("docs/how.md", "| password | where it is kept |\n|---|---|\n| db_password | key vault |")


def _blobs(made, tree):
    quiet = tree.look_alike
    picture = "iVBORw0KGgo" + made.base64(3000)
    quiet("notebooks/plot.ipynb", f'     "image/png": "{picture}",')
    quiet("docs/a.md", f"![x](data:image/png;base64,{made.base64(900)})")
    quiet("certs/ca.crt", made.pem("CERTIFICATE", 900))
    quiet("certs/pub.pem", made.pem("PUBLIC KEY", 300))
    quiet("certs/id.pub", f"ssh-rsa AAAAB3NzaC1yc2E{made.base64(270)} svc@bank")
    quiet(
        "src/features.py",
        'FEATURES = ["number_of_payments_last_12_months_per_customer_and_account_v2"]',
    )
