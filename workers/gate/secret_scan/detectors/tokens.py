"""Finds tokens of other services by their prefix."""

import re

from workers.gate.secret_scan.detectors.detector import Pattern, PatternDetector, is_real, token
from workers.gate.secret_scan.placeholders import is_placeholder
from workers.gate.secret_scan.values import is_random


def _is_drawn(value: str) -> bool:
    """Tell whether a machine made the value, as its form is so loose that words have it too."""
    if not is_real(value):
        return False
    return is_random(value.rpartition("-")[2], 12) or is_random(value, 20)


def _is_path(value: str) -> bool:
    return not is_placeholder(value.rpartition("/")[2])


class Tokens(PatternDetector):
    secret_type = "token of a service"  # noqa: S105 - the name of a kind
    patterns = (
        token(
            "GitHub token", r"gh[opusr]_[A-Za-z0-9]{36,255}", "ghp_", "gho_", "ghu_", "ghs_", "ghr_"
        ),
        token("GitHub token", r"github_pat_[A-Za-z0-9]{20,24}_[A-Za-z0-9]{50,62}", "github_pat_"),
        token(
            "GitLab token",
            r"gl(?:pat|dt|rt|cbt|ptt|soat|agent|ft|imt)-(?:[\w\-]{2,12}_)?[\w\-]{20,64}(?:\.[\w.]{6,30})?",
            *(
                "glpat-",
                "gldt-",
                "glrt-",
                "glcbt-",
                "glptt-",
                "glsoat-",
                "glagent-",
                "glft-",
                "glimt-",
            ),
        ),
        token(
            "Slack token", r"xox[abeoprs]-(?:\d+-)*[A-Za-z0-9\-]{10,200}", "xox", is_one=_is_drawn
        ),
        token("Slack token", r"xapp-\d-[A-Z0-9]{6,20}-\d{6,20}-[a-z0-9]{32,80}", "xapp-"),
        Pattern(
            "Slack webhook",
            ("hooks.slack.com",),
            re.compile(
                r"(?P<secret>hooks\.slack\.com/(?:services|workflows)/T\w{6,14}/[AB]\w{6,20}/\w{18,40})"
            ),
            _is_path,
        ),
        token("OpenAI key", r"sk-[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20}", "t3blbkfj"),
        token(
            "OpenAI key",
            r"sk-(?:proj|svcacct|admin|None)-[\w\-]{20,200}",
            "sk-proj-",
            "sk-svcacct-",
            "sk-admin-",
            "sk-none-",
        ),
        token("OpenAI key", r"sk-[A-Za-z0-9]{32,64}", "sk-", is_one=_is_drawn),
        token("Anthropic key", r"sk-ant-(?:api|admin|sid|oat)\d{2}-[\w\-]{20,140}", "sk-ant-"),
        token("Hugging Face token", r"(?:hf|api_org)_[A-Za-z0-9]{30,44}", "hf_", "api_org_"),
        token("Artifactory key", r"AKC[a-zA-Z0-9]{20,90}", "akc", is_one=_is_drawn),
        token("Artifactory token", r"cmVmd[A-Za-z0-9]{50,70}", "cmvmd"),
        token("npm token", r"npm_[A-Za-z0-9]{36}", "npm_"),
        token("PyPI token", r"pypi-[A-Za-z0-9_\-]{50,250}", "pypi-", is_one=_is_drawn),
        Pattern(
            "package registry token",
            ("_authtoken", "_auth", "_password"),
            re.compile(
                r"(?::|^)_(?:authToken|auth|password)\s{0,4}=\s{0,4}[\"']?(?P<secret>[\w+/.\-]{12,400}={0,2})",
                re.MULTILINE,
            ),
        ),
        token("Google API key", r"AIza[\w\-]{35}", "aiza"),
        token("Google OAuth secret", r"GOCSPX-[\w\-]{24,32}", "gocspx-"),
        token("Google OAuth token", r"ya29\.[\w\-]{30,300}", "ya29."),
        token("Stripe key", r"(?:sk|rk)_live_[A-Za-z0-9]{16,120}", "sk_live_", "rk_live_"),
        token("SendGrid key", r"SG\.[\w\-]{16,32}\.[\w\-]{16,64}", "sg.", is_one=_is_drawn),
        token("Twilio key", r"SK[0-9a-f]{32}", "twilio"),
        token("Mailgun key", r"key-[0-9a-f]{32}", "key-"),
        token("Mailchimp key", r"[0-9a-f]{32}-us\d{1,2}", "mailchimp"),
        token("Telegram bot token", r"\d{8,10}:AA[\w\-]{32,34}", ":aa"),
        token(
            "Discord bot token", r"[MNO][A-Za-z0-9_\-]{23,27}\.[\w\-]{6}\.[\w\-]{27,40}", "discord"
        ),
        token("HashiCorp Vault token", r"hv[sbr]\.[\w\-]{24,200}", "hvs.", "hvb.", "hvr."),
        token("Terraform token", r"[A-Za-z0-9]{14}\.atlasv1\.[\w\-]{60,70}", ".atlasv1."),
        token("Docker token", r"dckr_(?:pat|oat)_[\w\-]{20,60}", "dckr_"),
        token("DigitalOcean token", r"do[opr]_v1_[0-9a-f]{64}", "_v1_"),
        token("Grafana token", r"gl(?:sa|c)_[A-Za-z0-9+/=_]{32,200}", "glsa_", "glc_"),
        token(
            "Atlassian token",
            r"AT(?:ATT|CTT|BB)[A-Za-z0-9_\-=]{20,250}",
            "atatt",
            "atctt",
            "atbb",
            is_one=_is_drawn,
        ),
        token("Snowflake token", r"ver:\d-hint:\d{4,20}-ETMsDgAA[\w+/=\-]{60,400}", "etmsdgaa"),
        token("Replicate token", r"r8_[A-Za-z0-9]{37}", "r8_"),
        token("Groq key", r"gsk_[A-Za-z0-9]{40,60}", "gsk_"),
        token("Weights & Biases key", r"wandb_v1_[\w\-]{30,120}", "wandb_v1_"),
        token("LangSmith key", r"lsv2_(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}", "lsv2_"),
        token("Postman key", r"PMAK-[0-9a-f]{24}-[0-9a-f]{34}", "pmak-"),
        token("New Relic key", r"NRAK-[A-Z0-9]{27}", "nrak-"),
        token(
            "Shopify token",
            r"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}",
            "shpat_",
            "shpca_",
            "shppa_",
            "shpss_",
        ),
        token("Sentry token", r"sntry[su]_[\w+/=\-]{40,200}", "sntrys_", "sntryu_"),
        token("Notion token", r"(?:secret|ntn)_[A-Za-z0-9]{43,50}", "secret_", "ntn_"),
        token("Stripe key", r"whsec_[A-Za-z0-9+/=]{32,64}", "whsec_"),
        token("SonarQube token", r"sq[apu]_[0-9a-f]{40}", "sqa_", "sqp_", "squ_"),
        token("Linear key", r"lin_(?:api|oauth)_[A-Za-z0-9]{40,64}", "lin_api_", "lin_oauth_"),
        token("RubyGems key", r"rubygems_[0-9a-f]{48}", "rubygems_"),
        token("Doppler token", r"dp\.(?:pt|st|ct|sa|scim|audit)\.[\w.\-]{40,80}", "dp."),
        token("Pulumi token", r"pul-[0-9a-f]{40}", "pul-"),
        token("Perplexity key", r"pplx-[A-Za-z0-9]{40,60}", "pplx-"),
        token("xAI key", r"xai-[A-Za-z0-9]{70,90}", "xai-"),
        token("Airtable token", r"pat[A-Za-z0-9]{14}\.[0-9a-f]{64}", "pat"),
        token("Dynatrace token", r"dt0[a-z]\d{2}\.[A-Z0-9]{24}\.[A-Z0-9]{64}", "dt0"),
        token("NuGet key", r"oy2[a-z0-9]{43}", "oy2"),
        token("age secret key", r"AGE-SECRET-KEY-1[0-9A-Z]{58}", "age-secret-key-1"),
        Pattern(
            "Kaggle key",
            ("username",),
            re.compile(
                r"\"username\"\s{0,9}:\s{0,9}\"[^\"\n]{1,60}\",\s{0,9}\"key\"\s{0,9}:\s{0,9}\"(?P<secret>[0-9a-f]{32})\""
            ),
            is_real,
        ),
    )
