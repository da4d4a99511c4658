"""What the models of all documents have in common."""

from typing import Any, Self

from pydantic import BaseModel, ConfigDict, model_validator

__all__ = ["Document"]


class Document(BaseModel):
    """A JSON object: types are strict, fields of later versions are passed over, `null` is not absence."""

    model_config = ConfigDict(
        strict=True, frozen=True, extra="ignore", populate_by_name=True, use_attribute_docstrings=True
    )

    @model_validator(mode="after")
    def _refuse_null(self) -> Self:
        for name in self.model_fields_set & type(self).model_fields.keys():
            field = type(self).model_fields[name]
            if getattr(self, name) is None and field.annotation is not Any:
                raise ValueError(f"expected `{field.alias or name}` to have a value or to be absent, got `null`")
        return self
