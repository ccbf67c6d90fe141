"""What every world begins with: one account, one Region, one administrator.

The keys are examples for everybody to know; the environment replaces them where that matters.
"""

from typing import Final

ACCOUNT: Final = "111122223333"
REGION: Final = "us-east-1"
USER: Final = "kmslab-admin"
USER_ID: Final = "AIDAKMSLABADMINEXAMPLE"
ACCESS_KEY_ID: Final = "AKIAKMSLABADMINEXAMP"
SECRET_ACCESS_KEY: Final = "kmslab/administrator/EXAMPLE/secret/key0"  # noqa: S105 - public
POLICY: Final = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
)
