"""The framework alone, to compare a service with: Django and ninja, one endpoint that reads JSON and answers JSON."""

from typing import Annotated, Any

import django
from django.conf import settings

settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"], ROOT_URLCONF=__name__, SECRET_KEY="bare", DEBUG=False, USE_TZ=True,  # noqa: S106
    INSTALLED_APPS=["ninja"], MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
)  # fmt: skip
django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.http import HttpRequest  # noqa: E402
from django.urls import path  # noqa: E402
from ninja import Body, NinjaAPI  # noqa: E402

api = NinjaAPI(docs_url=None)


@api.post("/bare")
def bare(request: HttpRequest, data: Annotated[dict[str, Any], Body()]) -> dict[str, int]:  # noqa: ARG001
    """How many members the object has."""
    return {"members": len(data)}


urlpatterns = [path("api/v1/", api.urls)]
application = get_wsgi_application()
