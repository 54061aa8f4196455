"""The product with one page more, which renders only the layout: the floor of part G."""

from flask import render_template
from flask_login import login_required

from flashsms import create_app

app = create_app()
app.add_url_rule("/only-the-layout", "layout", login_required(lambda: render_template("app.html")))
