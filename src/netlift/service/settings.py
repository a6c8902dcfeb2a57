"""Django's settings, composed once from the environment: one folder, one store, no secret in the code."""

import os
from pathlib import Path

from netlift.service.console import look
from netlift.service.core import logs
from netlift.service.core.environment import whole
from netlift.service.core.folder import Folder
from netlift.service.core.stores import store

FOLDER = Folder(Path(os.environ.get("NETLIFT_FOLDER", "netlift-data")).resolve())
SECRETS = FOLDER.secrets()
SECRET_KEY = SECRETS.django

DEBUG = False
ALLOWED_HOSTS = [
    host for host in os.environ.get("NETLIFT_HOSTS", "localhost,127.0.0.1,[::1]").replace(" ", "").split(",") if host
]
CSRF_TRUSTED_ORIGINS = [
    origin for origin in os.environ.get("NETLIFT_ORIGINS", "").replace(" ", "").split(",") if origin
]
BEHIND_PROXY = os.environ.get("NETLIFT_BEHIND_PROXY", "") not in {"", "0"}
HTTPS = os.environ.get("NETLIFT_HTTPS", "") not in {"", "0"}
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SECURE_HSTS_SECONDS = 30 * 24 * 3600 if HTTPS else 0
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 12 * 3600
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
MOST_BYTES = DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
MOST_FORM_BYTES = 64 * 1024 * 1024
"""Bytes of a form with files; what is no file in it counts against `MOST_BYTES`."""
REQUESTS_PER_MINUTE = whole("NETLIFT_REQUESTS_PER_MINUTE", 30_000)
"""Of one API key."""
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000

DATABASES = {"default": store(os.environ.get("NETLIFT_DATABASE", ""), FOLDER.database)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

ROOMS = (
    "access", "ledger", "privacy", "shop", "events", "hooks", "runs", "catalog", "decisions", "integrations", "console",
)  # fmt: skip
INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "axes",
    "ninja",
    *(f"netlift.service.{room}" for room in ROOMS),
]
MIDDLEWARE = [
    "netlift.service.core.arrivals.arrivals",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "netlift.service.access.logins.logins",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "netlift.service.urls"
WSGI_APPLICATION = "netlift.service.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = 0.25
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_CLIENT_IP_CALLABLE = "netlift.service.core.addresses.address_of"
AXES_VERBOSE = False  # its lines hold names and addresses
AXES_DISABLE_ACCESS_LOG = True
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGGING = logs.configured(os.environ.get("NETLIFT_LOG", "info"))

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文")]
LOCALE_PATHS = [Path(__file__).parent / "console" / "locale"]
TIME_ZONE = os.environ.get("NETLIFT_TIME_ZONE", "UTC")
USE_I18N = USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = None  # WhiteNoise finds the files where the packages keep them
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True

LOGIN_URL = "/admin/login/"
LOGIN_REDIRECT_URL = "/admin/"

UNFOLD = look.UNFOLD
