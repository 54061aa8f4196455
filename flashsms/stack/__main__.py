"""`python -m flashsms.stack`, which is `make run`."""

import sys

from config import SettingError
from flashsms.services.errors import DomainError
from flashsms.stack.home import CannotStartError
from flashsms.stack.start import run

try:
    run()
except (CannotStartError, DomainError, SettingError) as error:
    sys.exit(f"FlashSMS cannot start. {error}")
