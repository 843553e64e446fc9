"""Judges a name: whether it promises a password, a token, perhaps a key, or no secret."""

import re
from enum import Enum
from typing import Final

from workers.gate.secret_scan.text import words


class Promise(Enum):
    """How surely a name promises a secret; the surer, the less its value has to look like one."""

    NOTHING = 0
    PERHAPS = 1  # "key": the value must be key material
    TOKEN = 2  # "api_key", "client_secret": the value must look random, or chosen with care
    PASSWORD = 3


_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_SPLIT: Final = re.compile(r"[^A-Za-z0-9åäöæøéñ]+")

# These words may follow the word that counts, as in PASSWORD_PROD or apiKey2.
_SUFFIXES: Final = words("""
    value val prod production prd dev tst tests test qa uat acc acceptance stage staging old new
    current primary secondary default backup plain raw string str txt b64 base64 encoded local live
    admin root read write ro rw
""")
_PASSWORDS: Final = words("""
    password passwd pwd pass passphrase passcode passwort losenord lösenord passord kennwort
    salasana adgangskode kodeord contraseña contrasena wachtwoord pw pswd psw userpass
""")
_TOKENS: Final = words("""
    secret secrets token pat sas credential credentials cred creds authorization privatekey
    hemlighet hemmelighed hemmelighet
    storagekey subscriptionkey sharedaccesskey sharedaccesssignature bearer passkey webhook
""")
_GLUED: Final = ("password", "passwd", "passphrase", "lösenord", "losenord", "pwd")
_GLUED_TOKENS: Final = ("secret", "token", "apikey", "accesskey", "accountkey", "secretkey",
                        "sharedkey", "authkey")  # fmt: skip
_KEYS: Final = words("""
    api access account storage secret auth shared private encryption encrypt signing sign master
    sas subscription service admin host function functions client db database app application
    license aes hmac fernet jwt crypt cipher session servicebus bus eventhub cosmos cosmosdb batch
    search openai anthropic azure aws blob adls lake datalake deploy flask django management acr
    registry iot relay webhook write ingest cognitive translator speech vision maps rapidapi google
    gcp slack teams databricks dbx snowflake mlflow wandb kaggle comet neptune huggingface hf cohere
    mistral gemini groq deepl twilio mailgun sendgrid stripe datadog dd newrelic sentry pagerduty
    splunk grafana elastic jira sonar artifactory jfrog nexus github gitlab devops npm pypi docker
""")
_OPEN: Final = words("public publishable")
_WEAK: Final = words("key keys auth")

# The tokens of a text, a page or a parser are no secrets, and a public key may be public.
_HARMLESS_BEFORE: Final = words("""
    pad unk mask bos eos sep cls special stop next page continuation csrf xsrf max min num n count
    sort partition primary foreign cache hash dedup row group natural surrogate composite
    unique index idempotency sample first last per column parse lexer word sub image audio start
    end begin prefix suffix hashed encrypted sealed masked has is use
""")


def promise(name: str) -> Promise:
    """Judge a name by its end: ``password_file`` is a file, ``file_password`` a password."""
    if name.startswith("fs.azure."):  # What follows this prefix is the name of a storage account.
        return Promise.TOKEN if re.search(r"key|secret|sas", name) else Promise.NOTHING
    parts = [part for part in _SPLIT.split(_CAMEL.sub("_", name).lower()) if part]
    while len(parts) > 1 and (parts[-1] in _SUFFIXES or parts[-1].isdigit()):
        parts.pop()
    if not parts:
        return Promise.NOTHING
    last = parts[-1].rstrip("0123456789") or parts[-1]
    made = _of(last, parts[-2] if len(parts) > 1 else "")
    return Promise.NOTHING if _OPEN & set(parts) and made is not Promise.PASSWORD else made


def _of(last: str, before: str) -> Promise:
    if last in _PASSWORDS or last.endswith(_GLUED):
        return Promise.PASSWORD
    if before in _HARMLESS_BEFORE:
        return Promise.NOTHING
    if last in _TOKENS or last.endswith(_GLUED_TOKENS):
        return Promise.TOKEN
    if last in _WEAK and before in _KEYS:
        return Promise.TOKEN
    if last in _WEAK or last.endswith("key"):
        return Promise.PERHAPS
    return Promise.NOTHING
